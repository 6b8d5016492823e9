// Event: one line of a worker, as README.md has it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace assay {

struct Event {
  std::string name;                       // started, progress, checkpoint, note or end
  std::int64_t unit = 0, units = 0;       // 0 where the event has none
  std::map<std::string, double> metrics;  // NaN where JSON has no number
  std::string state, error_kind;          // of the end
  std::string message;                    // of the end or a note
};

/// Nothing for a line that is no event: a plugin may write on the worker's descriptor too.
std::optional<Event> read_event(const std::string& line);

}  // namespace assay
