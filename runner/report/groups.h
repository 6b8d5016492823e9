// Groups: trials that differ in their seed alone, and comparisons along an axis.
#pragma once

#include "runner/report/report.h"
#include "runner/report/statistics.h"

namespace assay {

inline constexpr const char* kOtherBuild = " *";

struct Group {
  std::map<std::string, std::string> axes;
  std::vector<const TrialResult*> trials;

  std::string label() const;  // "optimizer=sam lr=0.1", with kOtherBuild if a trial is of one
  std::vector<double> values(const std::string& metric) const;  // of those that are done
  int missing(const std::string& metric) const;                 // trials without such a value
};
std::vector<Group> groups_of(const Report& report);

/// What the mark kOtherBuild means, if there is one; otherwise "".
std::string other_build_note(const Report& report);

/// The metrics that the report is about, sorted.
std::vector<std::string> metrics_of(const Report& report);

/// What is wrong where trials are done and none has the metric that is asked for; otherwise "".
std::string unknown_metric(const Report& report);

/// One alternative of the axis `compare` against the first, paired by seed and all other axes.
struct Comparison {
  std::string alternative, baseline, metric;
  Paired difference;
  std::map<std::string, std::string> apart =
      {};  // the values of Report::apart that the pairs share

  std::string label() const;  // "sam - sgd", or "sam - sgd, model.depth=2"
};
std::vector<Comparison> comparisons_of(const Report& report);

}  // namespace assay
