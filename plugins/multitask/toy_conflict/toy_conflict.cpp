// Two conflicting objectives of two numbers: Liu, Liu, Jin, Stone and Liu, "Conflict-Averse
// Gradient Descent for Multi-task Learning", NeurIPS 2021, appendix.
#include <ATen/ops/abs.h>
#include <ATen/ops/log.h>
#include <ATen/ops/tanh.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "assay/registry.h"

namespace {

using assay::Error;
using assay::ErrorKind;
using assay::Split;

constexpr double kSmallest = 5e-6;       // of what a logarithm is taken of
constexpr float kLowestMean = -8.3551f;  // the mean of both losses is smallest at (0, this)
const std::vector<std::int64_t> kShape{2};

// One sample in the training and another in the test split; their target is where the two losses'
// mean is smallest, so that test/mse is half the squared distance to it.
class ToyData final : public assay::Dataset {
 public:
  struct Params {};
  static assay::Strings abilities() { return {"Values", "ToyConflict"}; }
  static assay::Schema<Params> schema() { return {}; }
  explicit ToyData(const Params&) {
    info_.targets = 2, info_.input_shape = kShape, info_.group_sizes = {1};
  }

  const assay::Info& info() const override { return info_; }
  std::span<const std::int64_t> ids(Split split) const override {
    if (split == Split::kValidation) return {};
    return std::span<const std::int64_t>(ids_).subspan(split == Split::kTrain ? 0 : 1, 1);
  }
  assay::Batch load(std::span<const std::int64_t> ids, const assay::Context&) const override {
    const auto count = static_cast<std::int64_t>(ids.size());
    for (const auto id : ids)
      if (id != 0 && id != 1) throw Error(ErrorKind::kData, "the only samples are 0 and 1");
    return {torch::zeros({count, 2}), torch::tensor({0.0f, kLowestMean}).repeat({count, 1}),
            torch::tensor(std::vector<std::int64_t>(ids.begin(), ids.end())),
            torch::zeros({count}, torch::kInt64)};
  }

 private:
  assay::Info info_;
  std::vector<std::int64_t> ids_{0, 1};
};

class ToyModel final : public assay::Model {
 public:
  struct Params {
    assay::Reals start;
  };
  static assay::Strings abilities() { return {"ToyConflict"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().required(
        "start", &Params::start, assay::any(),
        "Starting point of the descent, two numbers; the usual ones are [-8.5, 7.5], [-8.5, -5] "
        "and [9, 9].");
  }
  explicit ToyModel(const Params& p) {
    if (p.start.size() != 2)
      throw Error(ErrorKind::kParameter,
                  "`start` has " + std::to_string(p.start.size()) + " numbers, expected two");
    t_ = register_parameter("t", torch::tensor(p.start, torch::kFloat));
  }
  assay::Output forward(const assay::Batch& batch) override {
    return {t_.expand({batch.input.size(0), 2}), {}};
  }

 private:
  torch::Tensor t_;
};

class ToyObjective final : public assay::Objective {
 public:
  struct Params {};
  static assay::Strings needs() { return {"dataset/ToyConflict", "model/ToyConflict"}; }
  static assay::Schema<Params> schema() { return {}; }
  ToyObjective(const Params&, const assay::Info& info) {
    if (info.classes != 0 || info.targets != 2 || info.input_shape != kShape)
      throw Error(ErrorKind::kParameter,
                  "works only with the dataset and the model `toy_conflict`");
  }
  const std::vector<std::string>& terms() const override { return terms_; }

  std::vector<assay::Term> evaluate(assay::Model& model, const assay::Batch& batch,
                                    const assay::Context&) override {
    const auto t = model.forward(batch).logits[0];
    const auto t1 = t[0], t2 = t[1];
    const auto log = [](const torch::Tensor& x) { return x.abs().clamp_min(kSmallest).log() + 6; };
    const auto f1 = log(0.5 * (-t1 - 7) - (-t2).tanh());
    const auto f2 = log(0.5 * (-t1 + 3) + (-t2).tanh() + 2);
    const auto g1 = ((-t1 + 7).square() + 0.1 * (-t2 - 8).square()) / 10 - 20;
    const auto g2 = ((-t1 - 7).square() + 0.1 * (-t2 - 8).square()) / 10 - 20;
    const auto c1 = (0.5 * t2).tanh().clamp_min(0), c2 = (-0.5 * t2).tanh().clamp_min(0);
    return {{f1 * c1 + g1 * c2}, {f2 * c1 + g2 * c2}};
  }

 private:
  std::vector<std::string> terms_{"l1", "l2"};
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<ToyData>(
      "toy_conflict", "A single dummy sample for the objective `toy_conflict`, which ignores it.");
  registry.add<ToyModel>("toy_conflict",
                         "Two numbers as parameters, for the objective `toy_conflict`.");
  registry.add<ToyObjective>("toy_conflict",
                             "Two conflicting losses of two numbers, a toy problem for gradient "
                             "surgery (Liu et al., NeurIPS 2021).");
}
