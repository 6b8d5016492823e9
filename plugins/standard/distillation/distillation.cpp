// Distillation: Hinton, Vinyals and Dean, "Distilling the knowledge in a neural network",
// arXiv:1503.02531, 2015, section 2.
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/nll_loss.h>
#include <ATen/ops/softmax.h>

#include "assay/registry.h"
#include "assay/sdk/training.h"
#include "assay/sdk/weights.h"

namespace {

constexpr const char* kTeacher = "teacher";  // the teacher's logits in Batch::extra

class Distillation final : public assay::Objective {
 public:
  struct Params {
    std::string teacher;
    double temperature = 4;
    double alpha = 0.9;
  };

  static assay::Strings needs() { return {"dataset/Classes"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .required_stage("teacher", &Params::teacher, kFinalWeights,
                        "Stage whose model, with its final weights, is the teacher.")
        .field("temperature", &Params::temperature, above(0),
               "Temperature T by which the logits of teacher and student are divided.")
        .field("alpha", &Params::alpha, between(0, 1),
               "Weight of the teacher's term; that of the labels is 1 minus it.");
  }

  Distillation(Params params, const assay::Build& build) : p_(std::move(params)) {
    auto earlier = build.inputs().model(p_.teacher);
    assay::check_same_inputs(earlier.info, build.info(), p_.teacher);
    assay::check_same_outputs(earlier.info, build.info(), p_.teacher);
    teacher_ = std::move(earlier.model);
  }

  const std::vector<std::string>& terms() const override { return terms_; }

  // Once per step: a second evaluation at other weights asks the same teacher.
  assay::Batch prepare(assay::Model&, const assay::Batch& batch, const assay::Context&) override {
    const torch::NoGradGuard no_grad;
    auto prepared = batch;
    prepared.extra[kTeacher] = teacher_->forward(batch).logits.to(torch::kFloat);
    return prepared;
  }

  std::vector<assay::Term> evaluate(assay::Model& model, const assay::Batch& batch,
                                    const assay::Context&) override {
    const auto logits = model.forward(batch).logits.to(torch::kFloat);
    const auto& teacher = batch.extra.at(kTeacher);
    const auto labels =
        at::nll_loss(at::log_softmax(logits, 1), batch.target, {}, at::Reduction::None);
    const auto q = at::log_softmax(logits / p_.temperature, 1),
               p = at::log_softmax(teacher / p_.temperature, 1);
    const auto divergence = (p.exp() * (p - q)).sum(1) * (p_.temperature * p_.temperature);
    return {{labels.mean(), 1 - p_.alpha, labels}, {divergence.mean(), p_.alpha, divergence}};
  }

 private:
  Params p_;
  std::shared_ptr<assay::Model> teacher_;
  std::vector<std::string> terms_{"labels", "teacher"};
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Distillation>("distillation",
                             "Knowledge distillation (Hinton et al., 2015): the labels and the "
                             "softened answers of an earlier stage's model.");
}
