// A stage without LibTorch: writes what a worker writes, in its order, and can be cut off anywhere.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runner/files/checkpoint.h"
#include "runner/files/metrics_log.h"
#include "runner/files/run_state.h"

namespace assay::testing {

inline constexpr std::int64_t kUnits = 7;

/// Goes on from what lies in `folder` to the last unit, with a checkpoint each two units, "best"
/// each three and an artifact, then says in status.json that it is done.
void record(const std::filesystem::path& folder);

/// What must be the same however often it was cut off.
struct Recorded {
  std::vector<std::pair<std::int64_t, double>> rows;
  Checkpoint last;
  std::string best, artifact;
  RunState state = RunState::kQueued;
  bool operator==(const Recorded&) const = default;
};
Recorded read_recorded(const std::filesystem::path& folder);

/// Of a run that nothing befell.
const Recorded& whole();

/// Throws where what lies there is neither nothing, nor a checkpoint that was once written with all
/// the rows before it, nor, where it says `done`, the whole.
void check_standing(const std::filesystem::path& folder);

}  // namespace assay::testing
