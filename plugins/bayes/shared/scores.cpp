#include "bayes/shared/scores.h"

#include <ATen/ops/logsumexp.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

namespace bayes {
namespace {

// Of log probabilities; 0 log 0 is 0.
torch::Tensor entropy_of(const torch::Tensor& log_probability) {
  const auto log_p = log_probability.to(torch::kDouble), p = log_p.exp();
  return -at::where(p > 0, p * log_p, at::zeros_like(p)).sum(-1);
}

}  // namespace

void expect_classes(const assay::Info& info, const std::string& metric) {
  if (info.classes == 0)
    throw assay::Error(assay::ErrorKind::kParameter,
                       "`" + metric +
                           "` measures probabilities of classes, but the dataset has real targets: "
                           "use `mse`");
}

assay::Predictions keep_answered(const assay::Predictions& predictions, const std::string& metric) {
  if (!predictions.log_probability.defined())
    throw assay::Error(assay::ErrorKind::kParameter,
                       "`" + metric + "` needs probabilities, which the model does not give");
  auto kept = predictions;
  if (predictions.abstained.defined()) {
    const auto rows = predictions.abstained.logical_not().nonzero().flatten();
    for (auto* one : {&kept.id, &kept.target, &kept.log_probability, &kept.label, &kept.logits})
      if (one->defined()) *one = one->index_select(0, rows);
    if (kept.members.defined()) kept.members = kept.members.index_select(1, rows);
    kept.abstained.reset();
  }
  if (kept.log_probability.isnan().any().item<bool>())
    throw assay::Error(assay::ErrorKind::kNumeric,
                       "`" + metric + "` is given a probability that is NaN");
  return kept;
}

torch::Tensor max_probability(const assay::Predictions& predictions) {
  return predictions.log_probability.to(torch::kDouble).exp().amax(1);
}

torch::Tensor entropy(const assay::Predictions& predictions) {
  return entropy_of(predictions.log_probability);
}

torch::Tensor mean_entropy(const assay::Predictions& predictions) {
  return entropy_of(predictions.members).mean(0);
}

std::vector<std::pair<std::string, torch::Tensor>> compute_scores(
    const assay::Predictions& predictions) {
  const auto total = entropy(predictions);
  std::vector<std::pair<std::string, torch::Tensor>> all{
      {"max_probability", max_probability(predictions)}, {"entropy", -total}};
  const auto& members = predictions.members;
  if (members.defined() && members.size(0) > 1)
    all.emplace_back("mutual_information", mean_entropy(predictions) - total);
  else if (predictions.logits.defined())
    all.emplace_back("energy", at::logsumexp(predictions.logits.to(torch::kDouble), {1}));
  return all;
}

}  // namespace bayes
