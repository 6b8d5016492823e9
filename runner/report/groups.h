// Groups: trials that differ in their seed, or in an axis that repeats them, alone.
#pragma once

#include "runner/report/report.h"

namespace assay {

inline constexpr const char* kOtherBuild = " *";

using Axes = std::map<std::string, std::string>;
std::string text_of(const Axes& axes);  // "optimizer=sam lr=0.1"
Axes remove_axes(Axes axes, const std::vector<std::string>& names);

/// Null if the trial is not done or has no such metric.
const double* value_of(const TrialResult& trial, const std::string& metric);

struct Group {
  Axes axes;
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

}  // namespace assay
