// CollectingTimes: after which steps of a training a callback takes a copy of the weights.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "assay/callback.h"
#include "assay/error.h"

namespace assay {

/// Every `every` steps (0: every epoch) after a fraction `start` of the training.
class CollectingTimes {
 public:
  CollectingTimes() = default;  // of no training
  CollectingTimes(const TrainingSpan& span, double start, std::int64_t every)
      : steps_(span.steps),
        first_(std::llround(start * static_cast<double>(span.steps))),
        interval_(every > 0 ? every : std::max<std::int64_t>(1, span.steps_per_epoch)) {}

  bool is_due(std::int64_t step) const { return step >= first_ && (step + 1) % interval_ == 0; }

  std::int64_t count() const {
    return std::max<std::int64_t>(0, steps_ / interval_ - first_ / interval_);
  }

  /// Throws Error{kParameter} unless `count`, the number of sets that are or will be collected, is
  /// at least `least`. `name` is the callback's; `remedy` is what else would help.
  void check_count(std::int64_t count, std::int64_t least, const std::string& name,
                   const std::string& remedy = "") const {
    if (count >= least) return;
    throw Error(ErrorKind::kParameter,
                "`" + name + "` collects " + std::to_string(count) +
                    " set(s) of weights, one every " + std::to_string(interval_) +
                    " steps after step " + std::to_string(first_) + " of " +
                    std::to_string(steps_) + ", and needs " + std::to_string(least) +
                    ": use a smaller `every` or `start`, or a longer training" + remedy);
  }

 private:
  std::int64_t steps_ = 0, first_ = 0, interval_ = 1;
};

}  // namespace assay
