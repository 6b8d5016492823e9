#include "runner/files/run_state.h"

#include "runner/files/names.h"

namespace assay {
namespace {

constexpr NamedValue<RunState> kNames[] = {
    {RunState::kQueued, "queued"},     {RunState::kRunning, "running"},
    {RunState::kDone, "done"},         {RunState::kFailed, "failed"},
    {RunState::kDiverged, "diverged"}, {RunState::kInterrupted, "interrupted"}};

}  // namespace

std::string_view name_of(RunState state) {
  return find_name(kNames, state);
}

std::optional<RunState> state_of(std::string_view name) {
  return find_value(kNames, name);
}

}  // namespace assay
