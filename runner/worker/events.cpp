// A front end that is gone is no reason to stop: a failed write ends the talking, not the work.
#include "runner/worker/events.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

namespace assay {

void Events::send(const std::string& line) {
  std::size_t done = 0;
  while (fd_ >= 0 && done < line.size()) {
    const auto n = ::write(fd_, line.data() + done, line.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      fd_ = -1;
    else
      done += static_cast<std::size_t>(n);
  }
}

void Events::waiting() {
  send(nlohmann::ordered_json{{"event", "waiting"}}.dump() + "\n");
}

void Events::started(std::int64_t unit, std::int64_t units) {
  send(nlohmann::ordered_json{{"event", "started"}, {"unit", unit}, {"units", units}}.dump() +
       "\n");
}

void Events::progress(std::int64_t unit, std::int64_t units) {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < std::chrono::milliseconds(200)) return;
  last_ = now;
  send(nlohmann::ordered_json{
           {"event", "progress"}, {"unit", unit}, {"units", units}, {"metrics", values_}}
           .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
       "\n");
  values_.clear();
}

void Events::checkpoint(std::int64_t unit) {
  send(nlohmann::ordered_json{{"event", "checkpoint"}, {"unit", unit}}.dump() + "\n");
}

void Events::note(const std::string& message) {
  send(nlohmann::ordered_json{{"event", "note"}, {"message", message}}.dump(
           -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
       "\n");
}

void Events::end(const std::string& state, const std::string& kind, const std::string& message) {
  nlohmann::ordered_json error;
  if (!kind.empty()) error = {{"kind", kind}, {"message", message}};
  send(nlohmann::ordered_json{{"event", "end"}, {"state", state}, {"error", error}}.dump(
           -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
       "\n");
}

}  // namespace assay
