#include "runner/files/run_state.h"

namespace assay {
namespace {

struct Named {
  RunState state;
  std::string_view name;
};

constexpr Named kNames[] = {
    {RunState::kQueued, "queued"},     {RunState::kRunning, "running"},
    {RunState::kDone, "done"},         {RunState::kFailed, "failed"},
    {RunState::kDiverged, "diverged"}, {RunState::kInterrupted, "interrupted"}};

}  // namespace

std::string_view name_of(RunState state) {
  for (const auto& one : kNames)
    if (one.state == state) return one.name;
  return "";
}

std::optional<RunState> state_of(std::string_view name) {
  for (const auto& one : kNames)
    if (one.name == name) return one.state;
  return {};
}

}  // namespace assay
