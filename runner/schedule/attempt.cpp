// Events in, deadlines, and what to make of the way a worker ended.
#include "runner/schedule/attempt.h"

#include <fmt/core.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "assay/error.h"
#include "runner/files/plain.h"
#include "runner/protocol/event.h"
#include "runner/system/clock.h"

namespace assay {
namespace {

constexpr double kGrace = 10;  // seconds from SIGTERM to SIGKILL
constexpr std::streamoff kTailBytes = 32768;
constexpr std::size_t kTailLines = 5;

std::string tail_of(const std::filesystem::path& log) {
  std::ifstream in(log, std::ios::binary | std::ios::ate);
  if (!in) return "";
  in.seekg(std::max<std::streamoff>(0, in.tellg() - kTailBytes));
  return plain({std::istreambuf_iterator<char>(in), {}});
}

// What a worker that crashed says of the signal and the component, before a long trace; or "".
std::string crash_line(const std::filesystem::path& log) {
  const auto text = tail_of(log);
  const auto start = text.rfind("crashed with signal ");
  return start == std::string::npos ? "" : text.substr(start, text.find('\n', start) - start);
}

std::string last_lines(const std::filesystem::path& log) {
  auto text = tail_of(log);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::size_t start = text.size();
  for (std::size_t lines = 0; lines < kTailLines && start != 0 && start != std::string::npos;
       ++lines)
    start = text.rfind('\n', start - 1);
  return start == std::string::npos || start == 0 ? text : text.substr(start + 1);
}

}  // namespace

void save_status(const std::filesystem::path& dir, Status& status) {
  try {
    RunFolder(dir).write_status(status);
  } catch (const Error& error) {
    status.error_message += fmt::format("; and its status could not be saved: {}", error.what());
  }
}

Attempt::Attempt(Task& task, int slot, const Launch& launch, const Limits& limits)
    : task_(task),
      limits_(limits),
      process_(launch),
      cpu_wait_(process_.pid()),
      began_(steady_seconds()),
      heard_(began_),
      working_since_(began_) {
  progress_.worker = slot;
  progress_.trial = task.trial;
  progress_.stage = task.stage;
  progress_.unit = task.outcome.status.unit;
  progress_.units = task.outcome.status.units;
}

bool Attempt::hear() {
  news_ = false;
  for (const auto& line : process_.lines()) take(line);
  return news_;
}

void Attempt::take(const std::string& line) {
  heard_ = steady_seconds();
  const auto event = read_event(line);
  if (!event) return;
  if (event->kind == Event::Kind::kStarted || event->kind == Event::Kind::kProgress)
    take_progress(*event);
  else if (event->kind == Event::Kind::kNote)
    notes_.push_back(event->message);
  else if (event->kind == Event::Kind::kEnd)
    end_ = event;
}

void Attempt::take_progress(const Event& event) {
  news_ = true;
  progress_.unit = event.unit;
  progress_.units = event.units;
  for (const auto& [name, value] : event.metrics) progress_.metrics[name] = value;
  if (event.kind == Event::Kind::kStarted) {
    first_unit_ = progress_.unit;
    working_since_ = heard_;
    return;
  }
  progress_.cpu_wait = cpu_wait_.measure().value_or(0);
  const double seconds = heard_ - working_since_;
  const auto units = static_cast<double>(progress_.unit - first_unit_);
  progress_.rate = seconds > 0 ? units / seconds : 0;
  const auto left = static_cast<double>(progress_.units - progress_.unit);
  progress_.time_left = progress_.rate > 0 ? left / progress_.rate : 0;
}

std::optional<std::string> Attempt::enforce() {
  const double now = steady_seconds();
  if (kill_at_ > 0) {
    if (now > kill_at_) process_.kill_all();
    return {};
  }
  if (end_) {  // it has said its last word and has only to leave
    if (now - heard_ > kGrace) process_.kill_all();
    return {};
  }
  std::string why;
  if (limits_.time > 0 && now - began_ > limits_.time) {
    killed_for_ = "time";
    why = fmt::format("has run longer than limits.time ({} s)", limits_.time);
  } else if (limits_.heartbeat > 0 && now - heard_ > limits_.heartbeat) {
    killed_for_ = "hang";
    why = fmt::format("has sent nothing for limits.heartbeat ({} s)", limits_.heartbeat);
  } else {
    return {};
  }
  kill_at_ = now + kGrace;
  process_.send(SIGTERM);
  return fmt::format("{} {}: the worker is asked to stop, and is killed after {:.0f} s",
                     task_.outcome.dir.string(), why, kGrace);
}

void Attempt::kill() {
  killed_for_ = "interrupt";
  process_.kill_all();
}

std::optional<Status> Attempt::ended() {
  const auto exit = process_.ended();
  if (!exit) return {};
  hear();  // what it said last
  return verdict(*exit);
}

Status Attempt::from_disk() const {
  try {
    return RunFolder(task_.outcome.dir).status();
  } catch (const Error&) {  // the verdict replaces it
    return task_.outcome.status;
  }
}

std::string Attempt::silent_end(const Exit& exit) const {
  std::string text = "the worker " + text_of(exit);
  if (exit.signal == SIGKILL && killed_for_.empty())
    text += "; the kernel does this when memory runs out";
  if (killed_for_ == "hang")
    text = fmt::format("the worker sent nothing for {} s (limits.heartbeat) and was stopped",
                       limits_.heartbeat);
  const auto& dir = task_.outcome.dir;
  const auto log = RunFolder(dir).log();
  if (exit.signal != 0 && exit.signal != SIGKILL)
    if (const auto crash = crash_line(log); !crash.empty())
      return text + fmt::format(": it {}; the trace is in {}", crash, log.string());
  const auto lines = last_lines(log);
  return lines.empty() ? text + fmt::format("; {} is empty", log.string())
                       : text + fmt::format("; last lines of {}:\n{}", log.string(), lines);
}

// Where the manifest has what the error is about, or what is around it, or the procedure, which had
// the components at work.
void Attempt::locate(Status& status) const {
  if (task_.stage == nullptr) return;
  const auto& path = status.error_path;
  const auto* place = place_of(*task_.stage, path.empty() ? "procedure" : path);
  if (place == nullptr) return;
  status.error_message = Diagnostic{*place, status.error_message}.text();
  save_status(task_.outcome.dir, status);
}

// The worker wrote status.json itself if it came to an end of its own; else it is written here.
Status Attempt::verdict(const Exit& exit) {
  Status status = from_disk();
  const bool stopped = killed_for_ == "hang" || killed_for_ == "time";
  if (end_ && !(stopped && end_->state != RunState::kDone)) {
    status.state = end_->state;
    status.error_kind = end_->error_kind;
    status.error_path = end_->error_path;
    status.error_message = end_->message;
    if (status.error_kind == name_of(ErrorKind::kParameter) || !status.error_path.empty())
      locate(status);
    return status;
  }
  // Said on the disk alone, where it was killed before it could say so, or a plugin has closed the
  // descriptor on which we hear it.
  const bool of_this_attempt = status.attempts > task_.outcome.status.attempts;
  const bool by_itself = exit.code != 0 && killed_for_.empty() && status.state == RunState::kFailed;
  if (of_this_attempt && (status.state == RunState::kDone || by_itself)) return status;
  status.state = killed_for_ == "interrupt" ? RunState::kInterrupted : RunState::kFailed;
  status.attempts = std::max(status.attempts, task_.outcome.status.attempts + 1);
  status.units = std::max(status.units, progress_.units);
  if (killed_for_ == "interrupt") {
    status.error_kind = status.error_message = "";
  } else if (killed_for_ == "time") {
    status.error_kind = "time";
    status.error_message = fmt::format(
        "took longer than limits.time ({} s); with a higher one, `assay resume` continues from "
        "unit {}",
        limits_.time, status.unit);
  } else {
    may_retry_ = true;
    status.error_kind = killed_for_.empty() ? "crash" : "hang";
    status.error_message = silent_end(exit);
  }
  status.ended = wall_seconds();
  if (status.started == 0) status.started = status.ended - (steady_seconds() - began_);
  save_status(task_.outcome.dir, status);
  return status;
}

}  // namespace assay
