// Report: a sweep's results as a table for the terminal and as a page.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runner/files/run_state.h"

namespace assay {

struct TrialResult {
  std::string id;
  std::map<std::string, std::string> axes;  // without the seed
  std::int64_t seed = 0;
  RunState state = RunState::kQueued;
  std::map<std::string, double> metrics;
  double seconds = 0;
  std::string error;
  std::vector<std::filesystem::path> dirs;  // of its stages
  bool is_of_other_build = false;           // taken with --reuse any-build
};

struct Report {
  std::string name;
  std::string metric;                // "" : every metric of the test split
  std::string compare;               // an axis, or ""
  std::vector<std::string> repeats;  // axes whose values are observations, instead of the seeds
  std::vector<std::string> apart;    // axes across which differences are not put together
  std::string manifest;
  std::vector<std::string> notes;  // below the table
  std::vector<std::string> read;   // what the datasets read, each once
  std::string command;
  std::filesystem::path folder;  // where the page will lie: links are relative to it
  std::vector<TrialResult> trials;
};

/// The same numbers for programs: {"groups": [{"axes", "metric", "n", "missing", "mean",
/// "deviation", "min", "max"}], "comparisons": [{"alternative", "baseline", "apart", "metric", "n",
/// "pairs", "left_out", "settings_left_out", "difference", "half_width", "p", "p_holm"}]}; null
/// where there is none.
nlohmann::ordered_json statistics_of(const Report& report);

/// One line an alternative and metric: mean, deviation and count over the trials that are done;
/// then the paired differences along `compare`. No escape codes unless `color`.
std::string text_table(const Report& report, bool color);

/// A page that needs nothing but itself: table, differences, learning curves, trials, manifest.
std::string html_page(const Report& report);

}  // namespace assay
