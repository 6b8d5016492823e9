// CollectingTimes: after which steps a callback takes a copy of the weights.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "assay/callback.h"
#include "assay/error.h"

/// Every `every` steps (0: every epoch) after a fraction `start` of the training.
class CollectingTimes {
 public:
  CollectingTimes(double start, std::int64_t every) : start_(start), every_(every) {}

  /// Throws Error{kParameter} unless the whole training has `least` of these times. `name` is the
  /// callback's, for the message.
  void start(const assay::TrainingSpan& span, std::int64_t least, const std::string& name) {
    first_ = std::llround(start_ * static_cast<double>(span.steps));
    interval_ = every_ > 0 ? every_ : span.steps_per_epoch;
    check_count(count(span.steps), least, name);
  }

  bool is_due(std::int64_t step) const { return step >= first_ && (step + 1) % interval_ == 0; }

  /// The number of these times in `steps` steps.
  std::int64_t count(std::int64_t steps) const {
    return std::max<std::int64_t>(0, steps / interval_ - first_ / interval_);
  }

  void check_count(std::int64_t count, std::int64_t least, const std::string& name) const {
    if (count < least)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`" + name + "` collects " + std::to_string(count) +
                             " sets of weights, one every " + std::to_string(interval_) +
                             " steps after step " + std::to_string(first_) + ", and needs " +
                             std::to_string(least) +
                             ": use a smaller `every` or `start`, or a longer training" +
                             (name == "swag" ? ", or a smaller `rank`" : ""));
  }

 private:
  double start_;
  std::int64_t every_, first_ = 0, interval_ = 1;
};
