// Event: what a worker tells its front end, a line on descriptor 3. See runner/schedule/README.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "runner/files/run_state.h"

namespace assay {

struct Event {
  enum class Kind { kWaiting, kStarted, kProgress, kCheckpoint, kNote, kEnd };
  Kind kind = Kind::kNote;
  std::int64_t unit = 0, units = 0;            // of kStarted and kProgress; kCheckpoint has a unit
  std::map<std::string, double> metrics = {};  // of kProgress
  RunState state = RunState::kFailed;          // of kEnd
  std::string error_kind = {}, error_path = {};  // of kEnd; "" if all went well
  std::string message = {};                      // of kEnd and kNote
};

std::string write_event(const Event& event);  // with a line end
/// Nothing for a line that is no event: a plugin may write on the worker's descriptor too. What a
/// terminal would obey is replaced.
std::optional<Event> read_event(const std::string& line);

}  // namespace assay
