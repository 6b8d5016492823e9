// A front end that is gone is no reason to stop: a failed write ends the talking, not the work.
#include "runner/worker/events.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

namespace assay {

using Kind = Event::Kind;

void Events::send(const Event& event) {
  const auto line = write_event(event);
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
  send({.kind = Kind::kWaiting});
}

void Events::started(std::int64_t unit, std::int64_t units) {
  send({.kind = Kind::kStarted, .unit = unit, .units = units});
}

void Events::progress(std::int64_t unit, std::int64_t units) {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < std::chrono::milliseconds(200)) return;
  last_ = now;
  send({.kind = Kind::kProgress,
        .unit = unit,
        .units = units,
        .metrics = std::exchange(values_, {})});
}

void Events::checkpoint(std::int64_t unit) {
  send({.kind = Kind::kCheckpoint, .unit = unit});
}

void Events::note(const std::string& message) {
  send({.kind = Kind::kNote, .message = message});
}

void Events::end(RunState state, const std::string& kind, const std::string& message,
                 const std::string& path) {
  send({.kind = Kind::kEnd,
        .state = state,
        .error_kind = kind,
        .error_path = path,
        .message = message});
}

}  // namespace assay
