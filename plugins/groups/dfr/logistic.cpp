// Fan, Chang, Hsieh, Wang and Lin, "LIBLINEAR: A library for large linear classification", JMLR
// 2008; Yuan, Ho and Lin, "An improved GLMNET for L1-regularized logistic regression", JMLR 2012.
#include "logistic.h"

#include <cstdlib>
#include <memory>
#include <vector>

#include <ATen/ops/empty.h>
#include <linear.h>

namespace {

constexpr double kTolerance = 1e-7;  // of the violation of optimality at the start

struct Freed {
  void operator()(model* m) const { free_and_destroy_model(&m); }
};

// Rows of (index from 1, value), each ended by index -1; the constant 1 comes last.
std::vector<feature_node> nodes_of(const torch::Tensor& x) {
  const auto rows = static_cast<int>(x.size(0)), columns = static_cast<int>(x.size(1));
  const auto* value = x.const_data_ptr<double>();
  std::vector<feature_node> nodes;
  nodes.reserve(static_cast<std::size_t>(rows) * (static_cast<std::size_t>(columns) + 2));
  for (int row = 0; row < rows; ++row) {
    for (int column = 1; column <= columns; ++column) nodes.push_back({column, *value++});
    nodes.push_back({columns + 1, 1});
    nodes.push_back({-1, 0});
  }
  return nodes;
}

}  // namespace

torch::Tensor fit_logistic(const torch::Tensor& x, const torch::Tensor& positive, double c,
                           std::uint32_t seed) {
  const auto rows = static_cast<std::size_t>(x.size(0));
  const auto width = static_cast<std::size_t>(x.size(1)) + 1;
  const auto sign = positive.contiguous();
  auto nodes = nodes_of(x.contiguous());
  std::vector<feature_node*> starts(rows);
  std::vector<double> y(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    starts[i] = nodes.data() + i * (width + 1);
    y[i] = sign.const_data_ptr<bool>()[i] ? 1 : -1;
  }
  const problem data{static_cast<int>(rows), static_cast<int>(width), y.data(), starts.data(), 1};
  parameter how{};
  how.solver_type = L1R_LR;
  how.eps = kTolerance;
  how.C = c;
  set_print_string_function([](const char*) {});
  std::srand(seed);  // LIBLINEAR shuffles coordinates with rand()
  const std::unique_ptr<model, Freed> found(train(&data, &how));
  // Where all samples are of one class, it is that one that is positive.
  const double direction = found->label[0] == 1 ? 1 : -1;
  auto v = at::empty({static_cast<std::int64_t>(width)}, torch::kDouble);
  for (std::size_t k = 0; k < width; ++k) v.mutable_data_ptr<double>()[k] = direction * found->w[k];
  return v;
}
