// RunState: how a stage or a trial stands.
#pragma once

#include <optional>
#include <string_view>

namespace assay {

enum class RunState { kQueued, kRunning, kDone, kFailed, kDiverged, kInterrupted };

/// "queued", ...: as status.json, the events of a worker and --json have it. The text is static.
std::string_view name_of(RunState state);
/// Of no other word.
std::optional<RunState> state_of(std::string_view name);

/// Whether it came to an end that is no result: running it again may end in the same way.
inline bool has_failed(RunState state) {
  return state == RunState::kFailed || state == RunState::kDiverged;
}

}  // namespace assay
