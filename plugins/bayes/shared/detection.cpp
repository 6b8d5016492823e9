#include "bayes/shared/detection.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace bayes {

Detection detect(const torch::Tensor& positive, const torch::Tensor& negative) {
  struct Sample {
    double score;
    bool is_positive;
  };
  std::vector<Sample> samples;
  const auto add = [&](const torch::Tensor& scores, bool is_positive) {
    const auto values = scores.to(torch::kDouble).contiguous();
    for (std::int64_t i = 0; i < values.numel(); ++i)
      samples.push_back({values.data_ptr<double>()[i], is_positive});
  };
  add(positive, true);
  add(negative, false);
  std::sort(samples.begin(), samples.end(),
            [](const auto& a, const auto& b) { return a.score > b.score; });
  const auto P = static_cast<double>(positive.numel()), M = static_cast<double>(negative.numel());
  Detection found{0, 0, 1};
  bool reached = false;
  double hits = 0, misses = 0;  // positives and negatives at or above the threshold
  for (std::size_t i = 0; i < samples.size();) {
    double more_hits = 0, more_misses = 0;
    const double score = samples[i].score;
    for (; i < samples.size() && samples[i].score == score; ++i)
      (samples[i].is_positive ? more_hits : more_misses) += 1;
    found.auroc += more_misses * (hits + more_hits / 2);
    hits += more_hits;
    misses += more_misses;
    found.aupr += more_hits / P * (hits / (hits + misses));
    if (!reached && hits >= 0.95 * P) {
      reached = true;
      found.fpr95 = misses / M;
    }
  }
  found.auroc /= P * M;
  return found;
}

}  // namespace bayes
