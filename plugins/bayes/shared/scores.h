// Scores of predictions: how sure they are, per sample.
#pragma once

#include "assay/metric.h"

namespace bayes {

/// Throws Error{kParameter} unless the dataset has classes. `metric` is a registered name.
void expect_classes(const assay::Info& info, const std::string& metric);

/// The samples that the model answers. Throws Error{kParameter} if there are no probabilities, and
/// Error{kNumeric} if one of them is NaN.
assay::Predictions keep_answered(const assay::Predictions& predictions, const std::string& metric);

/// Of the mean probabilities [N, K], in float64.
torch::Tensor max_probability(const assay::Predictions& predictions);  // [N]
torch::Tensor entropy(const assay::Predictions& predictions);          // [N], nats

/// The mean over the passes of the entropy of each, [N], nats: the aleatoric part. Needs
/// Keeps::members.
torch::Tensor mean_entropy(const assay::Predictions& predictions);

/// By name the scores that are larger for surer predictions, [N] float64: `max_probability`,
/// `entropy` (negated), with several passes `mutual_information` (negated), and with a single pass
/// `energy`, the log of the sum of the exponentials of the logits.
/// Needs Keeps::members and Keeps::logits.
std::vector<std::pair<std::string, torch::Tensor>> compute_scores(
    const assay::Predictions& predictions);

}  // namespace bayes
