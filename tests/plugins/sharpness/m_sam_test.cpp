// m_sam against numbers by hand, against sam, and on a model with dropout and batch norm.
#include <catch2/catch.hpp>

#include <ATen/ops/cross_entropy_loss.h>

#include "runner/conformance/tiny.h"
#include "tests/support/descent.h"

using namespace assay;
using assay::testing::after;
using assay::testing::check_close;
using assay::testing::ClosedForm;
using assay::testing::make;
using assay::testing::TinyData;
using assay::testing::TinyModel;

namespace {

class CrossEntropy final : public Objective {
 public:
  const std::vector<std::string>& terms() const override { return names_; }
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
    return {{at::cross_entropy_loss(model.forward(batch).logits, batch.target), 1.0}};
  }

 private:
  std::vector<std::string> names_{"loss"};
};

// Weights and buffers after three steps on batches of 12.
Tensors trained(const std::string& use, const Values& params) {
  const TinyData data;
  CrossEntropy objective;
  TinyModel model;
  BatchProblem problem(model, objective, {});
  const auto optimizer = make(use, params, {"sgd", {{"lr", 0.1}, {"momentum", 0.9}}});
  optimizer->check(problem);
  Batches batches(data.ids(Split::kTrain), 12, Rng(3));
  for (std::int64_t k = 0; k < 3; ++k) {
    const Context context{torch::kCPU, Rng(3).fork(static_cast<std::uint64_t>(k)), nullptr};
    problem.begin({data.load(batches.at(k).ids, context)}, context, 1);
    optimizer->step(problem);
  }
  Tensors all;
  for (const auto& list : {model.parameters(), model.buffers()})
    for (const auto& tensor : list) all.push_back(tensor.detach().clone());
  return all;
}

bool equal(const Tensors& a, const Tensors& b) {
  bool all = true;
  for (std::size_t i = 0; i < a.size(); ++i) all = all && a[i].equal(b[i]);
  return all;
}

// At (3, 4): g = (3, 4) and, of a slope, (4, 0).
double bowl(const std::vector<double>& w, std::vector<double>& g) {
  g[0] += w[0], g[1] += w[1];
  return (w[0] * w[0] + w[1] * w[1]) / 2;
}
double slope(const std::vector<double>& w, std::vector<double>& g) {
  g[0] += 4;
  return 4 * w[0];
}

}  // namespace

TEST_CASE("m_sam adds up the uphill gradients of its parts") {
  // Each sample alone: e = 0.5 (0.6, 0.8), so (3.3, 4.4), and (4, 0). Together 7.3 and 4.4.
  ClosedForm problem({{3, 4}}, {bowl, slope});
  check_close(after(*make("m_sam", {{"rho", 0.5}, {"m", std::int64_t{1}}}), problem, 1),
              {3 - 0.73, 4 - 0.44});
}

TEST_CASE("m_sam weighs its parts by their samples") {
  // Three samples in parts of two and one: the step is the sum of sam's steps on each part.
  ClosedForm problem({{3, 4}}, {bowl, slope, bowl}), first({{3, 4}}, {bowl, slope}),
      second({{3, 4}}, {bowl});
  const auto w = after(*make("sam", {{"rho", 0.5}}), first, 1);
  const auto v = after(*make("sam", {{"rho", 0.5}}), second, 1);
  check_close(after(*make("m_sam", {{"rho", 0.5}, {"m", std::int64_t{2}}}), problem, 1),
              {w[0] + v[0] - 3, w[1] + v[1] - 4});
}

TEST_CASE("m_sam with the whole batch in one part is sam, bit for bit") {
  const auto sam = trained("sam", {{"rho", 0.5}});
  for (const std::int64_t m : {12, 100})
    CHECK(equal(trained("m_sam", {{"rho", 0.5}, {"m", m}}), sam));
  CHECK_FALSE(equal(trained("m_sam", {{"rho", 0.5}, {"m", std::int64_t{6}}}), sam));
}
