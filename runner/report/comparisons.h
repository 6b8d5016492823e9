// Comparisons of the alternatives of an axis.
#pragma once

#include "runner/report/groups.h"
#include "runner/report/statistics.h"

namespace assay {

/// One alternative of the axis `compare` against the first. Trials are paired if they agree in the
/// seed and all other axes. Pairs of one seed are not independent, so their mean is one
/// observation. With Report::repeats there is one observation per value of these axes instead, over
/// all seeds.
struct Comparison {
  std::string alternative, baseline, metric;
  Paired difference;                         // over the observations
  int pairs = 0;                             // in them
  std::vector<Axes> left_out = {};           // observations that lack a pair that others have
  std::vector<Axes> settings_lacking = {};   // values of other axes at which they lack one
  std::vector<Axes> settings_left_out = {};  // values of other axes without any pair
  double corrected_p = 1;                    // by Holm's method, for all intervals of the report
  Axes apart = {};                           // the values of Report::apart that the pairs share

  std::string label() const;  // "sam - sgd", or "sam - sgd, model.depth=2"
  bool has_interval() const { return difference.half_width.has_value(); }
};
std::vector<Comparison> comparisons_of(const Report& report);

/// How many intervals there are, and what is corrected for their number; what was averaged and left
/// out. Sentences.
std::string write_comparison_note(const Report& report, const std::vector<Comparison>& all);

}  // namespace assay
