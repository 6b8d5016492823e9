// What a sweep may cost, from how long like stages took before.
#pragma once

#include <filesystem>
#include <vector>

#include "runner/schedule/schedule.h"

namespace assay::cli {

struct Cost {
  int stages = 0;      // to be run, each once
  int unknown = 0;     // of them, without a like one that has been run
  double seconds = 0;  // of one worker's time, for those that are known
};

/// A like stage has the same components; failing that, the same but for real numbers, steps and
/// epochs, and is taken to need as many seconds per unit.
Cost cost_of(const std::vector<TrialOutcome>& trials, const std::filesystem::path& runs);

}  // namespace assay::cli
