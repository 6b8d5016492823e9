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

torch::Tensor max_probability(const assay::Predictions& predictions) {
  return predictions.log_probability.to(torch::kDouble).exp().amax(1);
}

torch::Tensor entropy(const assay::Predictions& predictions) {
  return entropy_of(predictions.log_probability);
}

torch::Tensor mean_entropy(const assay::Predictions& predictions) {
  return entropy_of(predictions.members).mean(0);
}

std::int64_t passes(const assay::Predictions& predictions) {
  return predictions.members.defined() ? predictions.members.size(0) : 1;
}

std::vector<std::pair<std::string, torch::Tensor>> scores(const assay::Predictions& predictions) {
  const auto total = entropy(predictions);
  std::vector<std::pair<std::string, torch::Tensor>> all{
      {"max_probability", max_probability(predictions)}, {"entropy", -total}};
  if (passes(predictions) > 1)
    all.emplace_back("mutual_information", mean_entropy(predictions) - total);
  else if (predictions.logits.defined())
    all.emplace_back("energy", at::logsumexp(predictions.logits.to(torch::kDouble), {1}));
  return all;
}

std::vector<std::string> score_names() {
  return {"max_probability", "entropy", "mutual_information", "energy"};
}

}  // namespace bayes
