// status.json as JSON, and the lock.
#include "runner/files/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "assay/error.h"
#include "core/base/value_json.h"
#include "runner/files/file_system.h"
#include "runner/files/metrics_json.h"
#include "runner/files/plain.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Json to_json(const Status& s) {
  Json error;
  if (!s.error_kind.empty())
    error = {{"kind", s.error_kind}, {"path", s.error_path}, {"message", s.error_message}};
  return {{"state", name_of(s.state)},
          {"unit", s.unit},
          {"units", s.units},
          {"attempts", s.attempts},
          {"started", s.started},
          {"ended", s.ended},
          {"threads", s.threads},
          {"seconds", s.seconds},
          {"loading", s.loading},
          {"error", error},
          {"reused_from", s.reused_from},
          {"read", s.read},
          {"metrics", metrics_json(s.metrics)}};
}

// Not ordered: there a key is looked for among all others, and metrics may be many.
Status from_json(const nlohmann::json& json) {
  Status s;
  const auto state = state_of(json.at("state").get<std::string>());
  if (!state) throw Error(ErrorKind::kCorrupt, "its state is none");
  s.state = *state;
  const auto count = [&](const char* key) {  // a real number is none, and may fit into no integer
    return json.at(key).get_ref<const nlohmann::json::number_integer_t&>();
  };
  s.unit = count("unit");
  s.units = count("units");
  s.attempts = static_cast<int>(count("attempts"));
  s.started = json.at("started").get<double>();
  s.ended = json.at("ended").get<double>();
  s.threads = json.value("threads", 0);
  s.seconds = json.at("seconds").get<double>();
  s.loading = json.value("loading", 0.0);
  s.reused_from = plain(json.value("reused_from", ""));
  s.read = plain(json.value("read", ""));
  if (const auto& error = json.at("error"); !error.is_null()) {
    s.error_kind = error.at("kind").get<std::string>();
    s.error_path = plain(error.value("path", ""));
    s.error_message = plain(error.at("message").get<std::string>());
  }
  s.metrics = metrics_from_json(json.at("metrics"));
  return s;
}

// Of a worker that has just begun there is none.
void add_progress(const fs::path& file, Status& status) try {
  const auto json = nlohmann::json::parse(read_file(file));
  status.unit = std::max(status.unit, json.at("unit").get<std::int64_t>());
  status.units = json.at("units").get<std::int64_t>();
  for (const auto& [name, value] : metrics_from_json(json.at("metrics")))
    status.metrics[name] = value;
} catch (const std::exception&) {  // not there yet, or not ours: status.json says enough
}

std::string holder(int fd) {
  char text[256] = {};
  const auto n = ::pread(fd, text, sizeof text - 1, 0);
  return n > 0 ? std::string(text, static_cast<std::size_t>(n)) : "another process";
}

bool locked(int fd, int operation, double seconds) {
  constexpr auto kPause = std::chrono::milliseconds(50);
  for (double waited = 0; ::flock(fd, operation | LOCK_NB) != 0; waited += 0.05) {
    if (errno != EWOULDBLOCK || waited >= seconds) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

}  // namespace

Status RunFolder::status() const {
  const auto file = dir_ / "status.json";
  if (!fs::exists(file)) return {};
  try {
    Status status = from_json(nlohmann::json::parse(read_file(file)));
    // Between two workers the front end is there, which has the experiment or, on a cluster, claims
    // this stage of it.
    if (status.state == RunState::kRunning && !FolderLock::held(dir_) &&
        !FolderLock::held(dir_.parent_path()) && !FolderLock::held(dir_ / "claim"))
      status.state = RunState::kInterrupted;
    return status;
  } catch (const std::exception& error) {
    // It only repeats what the checkpoints know: the stage goes on from them, and writes it anew.
    Status unknown;
    unknown.state = RunState::kInterrupted;
    unknown.error_kind = name_of(ErrorKind::kCorrupt);
    unknown.error_message =
        plain(file.string() + ": is not a status file of Assay: " + error.what());
    return unknown;
  }
}

Status RunFolder::live_status() const {
  auto now = status();
  if (now.state == RunState::kRunning) add_progress(progress(), now);
  return now;
}

void RunFolder::write_status(const Status& status) const {
  write_atomically(dir_ / "status.json",
                   to_json(status).dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::string progress_text(const UnitProgress& progress) {
  const Json json{{"unit", progress.unit},
                  {"units", progress.units},
                  {"metrics", metrics_json(progress.metrics)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void RunFolder::remove_progress() const {
  file_system().try_remove(progress());
}

FolderLock::FolderLock(const fs::path& dir, double seconds, Mode mode) {
  std::error_code made;
  fs::create_directories(dir, made);
  const auto file = dir / ".lock";
  fd_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (const int code = made ? made.value() : errno; fd_ < 0 && (code == ENOSPC || code == EDQUOT))
    fail_io(file, "created", code);
  if (fd_ < 0)
    throw Error(ErrorKind::kIo, file.string() + ": cannot be written: " + std::strerror(errno) +
                                    "; pass a writable folder with --runs");
  if (!locked(fd_, mode == Mode::kAlone ? LOCK_EX : LOCK_SH, seconds)) {
    const int reason = errno;
    const std::string who = holder(fd_);
    ::close(fd_);
    if (reason != EWOULDBLOCK)
      throw Error(ErrorKind::kIo, file.string() + ": cannot be locked: " + std::strerror(reason) +
                                      "; pass a folder on another file system with --runs");
    throw Error(ErrorKind::kBusy, dir.string() + " is being written by " + who +
                                      "; wait for it, or stop it with `assay stop`");
  }
  char host[128] = {};
  ::gethostname(host, sizeof host - 1);
  const std::string who = fmt::format("process {} on {}", ::getpid(), host);
  if (::ftruncate(fd_, 0) != 0 || ::pwrite(fd_, who.data(), who.size(), 0) < 0) {
    // the lock holds all the same; only its message would be poorer
  }
}

FolderLock::~FolderLock() {
  ::close(fd_);
}

bool FolderLock::held(const fs::path& dir) {
  const int fd = ::open((dir / ".lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool busy = ::flock(fd, LOCK_SH | LOCK_NB) != 0;
  ::close(fd);
  return busy;
}

}  // namespace assay
