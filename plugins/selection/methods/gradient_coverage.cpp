#include "methods/gradient_coverage.h"

#include <algorithm>
#include <queue>

#include <Eigen/Cholesky>

#include <ATen/ops/mv.h>

#include "methods/scores.h"

namespace selection {

using assay::Pool;

namespace {

const char* const kPerClass =
    "Takes each class apart, in proportion to its size, which needs labels.";

// Least squares with weights that are not negative, from inner products: Lawson and Hanson,
// "Solving least squares problems", 1974. `free` tells which weights may be positive, from one call
// to the next.
class NonNegative {
 public:
  NonNegative(const Eigen::MatrixXd& gram, const Eigen::VectorXd& b)
      : gram_(gram), b_(b), w_(Eigen::VectorXd::Zero(b.size())), free_(b.size(), false) {}

  Eigen::VectorXd solve() {
    const double small = 1e-10 * std::max(1e-300, b_.cwiseAbs().maxCoeff());
    for (Eigen::Index round = 0; round < 3 * b_.size(); ++round) {
      const Eigen::VectorXd slope = b_ - gram_ * w_;
      Eigen::Index next = -1;
      for (Eigen::Index k = 0; k < b_.size(); ++k)
        if (!free_[k] && slope[k] > small && (next < 0 || slope[k] > slope[next])) next = k;
      if (next < 0) break;
      free_[next] = true;
      step();
    }
    return w_;
  }

 private:
  // Goes to the best weights of the free ones, as far as none turns negative; those that reach zero
  // are free no longer.
  void step() {
    for (;;) {
      std::vector<Eigen::Index> some;
      for (Eigen::Index k = 0; k < b_.size(); ++k)
        if (free_[k]) some.push_back(k);
      const Eigen::VectorXd best = gram_(some, some).ldlt().solve(b_(some));
      double far = 1;
      for (std::size_t k = 0; k < some.size(); ++k)
        if (best[k] <= 0) far = std::min(far, w_[some[k]] / (w_[some[k]] - best[k]));
      for (std::size_t k = 0; k < some.size(); ++k) {
        auto& w = w_[some[k]];
        w += far * (best[k] - w);
        if (best[k] <= 0 && w <= 1e-14 * std::abs(best[k]) + 1e-300) {
          w = 0;
          free_[some[k]] = false;
        }
      }
      if (far == 1) return;
    }
  }

  const Eigen::MatrixXd& gram_;
  const Eigen::VectorXd& b_;
  Eigen::VectorXd w_;
  std::vector<bool> free_;
};

}  // namespace

Choice facilities(const torch::Tensor& given, std::int64_t n) {
  const auto x = given.to(torch::kDouble);
  const auto square = x.square().sum(1);
  const auto size = x.size(0);
  const auto distances = [&](std::int64_t j) {
    return (square + square[j] - at::mv(x, x[j]) * 2).clamp_min(0).sqrt();
  };
  auto nearest = at::full({size}, 2 * square.max().sqrt().item<double>(), x.options());
  const auto gain = [&](std::int64_t j) {
    return (nearest - distances(j)).clamp_min(0).sum().item<double>();
  };
  struct Row {
    double gain;
    std::int64_t place, known;  // known: how many were chosen when it was counted
    bool operator<(const Row& other) const {
      return gain != other.gain ? gain < other.gain : place > other.place;
    }
  };
  std::priority_queue<Row> queue;
  for (std::int64_t j = 0; j < size; ++j) queue.push({gain(j), j, 0});
  Choice choice;
  while (std::ssize(choice.places) < n) {
    auto row = queue.top();
    queue.pop();
    if (row.known < std::ssize(choice.places)) {
      queue.push({gain(row.place), row.place, std::ssize(choice.places)});
      continue;
    }
    choice.places.push_back(row.place);
    nearest = at::minimum(nearest, distances(row.place));
  }
  choice.weights.assign(choice.places.size(), 0);
  std::vector<torch::Tensor> columns;
  for (const auto place : choice.places) columns.push_back(distances(place));
  const auto owner = at::stack(columns).argmin(0);
  for (std::int64_t k = 0; k < size; ++k)
    ++choice.weights[static_cast<std::size_t>(owner[k].item<std::int64_t>())];
  return choice;
}

Choice pursuit(const torch::Tensor& given, const torch::Tensor& b, std::int64_t n, double ridge) {
  const auto x = given.to(torch::kDouble);
  const auto target = b.to(torch::kDouble);
  const double added = ridge * x.square().sum(1).max().item<double>();
  const auto wanted = at::mv(x, target);
  Eigen::MatrixXd gram(0, 0);
  Eigen::VectorXd products(0), w(0);
  Choice choice;
  auto rest = wanted;
  while (std::ssize(choice.places) < n) {
    const auto place = without(rest, choice.places, -1e300).argmax().item<std::int64_t>();
    const auto row = numbers(at::mv(x, x[place]));
    choice.places.push_back(place);
    const auto k = std::ssize(choice.places);
    gram.conservativeResize(k, k);
    products.conservativeResize(k);
    for (std::int64_t j = 0; j < k; ++j)
      gram(k - 1, j) = gram(j, k - 1) =
          row[static_cast<std::size_t>(choice.places[static_cast<std::size_t>(j)])];
    gram(k - 1, k - 1) += added;
    products[k - 1] = wanted[place].item<double>();
    w = NonNegative(gram, products).solve();
    const auto chosen = x.index_select(0, tensor_of(choice.places));
    const auto weight = torch::tensor(std::vector<double>(w.begin(), w.end()), torch::kDouble);
    rest = at::mv(x, target - at::mv(chosen.t(), weight));
  }
  choice.weights.assign(w.begin(), w.end());
  return choice;
}

std::optional<Choice> PerClass::step(std::int64_t k, const Pool& pool, std::int64_t n,
                                     const assay::Context&) {
  const torch::NoGradGuard no_grad;
  if (!per_class_) return among(pool.gradients, n);
  const auto share = shares(pool.label, pool.classes, n, /*alike=*/false);
  const auto places = places_of_class(pool.label, k);
  if (const auto count = share[static_cast<std::size_t>(k)]; count > 0) {
    const auto own = pool.gradients.index_select(0, tensor_of(places));
    const auto choice = among(own, count);
    for (const auto place : choice.places)
      found_.places.push_back(places[static_cast<std::size_t>(place)]);
    found_.weights.insert(found_.weights.end(), choice.weights.begin(), choice.weights.end());
  }
  if (k + 1 < pool.classes) return {};
  return found_;
}

void PerClass::save(assay::State& state) const {
  state.tensors["places"] = tensor_of(found_.places);
  state.tensors["weights"] = torch::tensor(found_.weights, torch::kDouble);
}

void PerClass::load(const assay::State& state) {
  found_.places = places_in(state.tensor("places"));
  found_.weights = numbers(state.tensor("weights"));
}

assay::Schema<PerClassParams> Craig::schema() {
  return assay::Schema<Params>().field("per_class", &Params::per_class, assay::any(), kPerClass);
}

assay::Schema<GradMatch::Params> GradMatch::schema() {
  return assay::Schema<Params>()
      .field("per_class", &Params::per_class, assay::any(), kPerClass)
      .field("ridge", &Params::ridge, assay::at_least(0),
             "Weight of the squared weights, in parts of the longest gradient's square.");
}

}  // namespace selection
