// Events: what the worker tells its front end.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "runner/protocol/event.h"

namespace assay {

class Events {
 public:
  explicit Events(int fd) : fd_(fd) {}

  /// For another process to leave the run folder.
  void waiting();
  void started(std::int64_t unit, std::int64_t units);
  /// Said at most five times a second; the values gathered meanwhile are the newest ones.
  void progress(std::int64_t unit, std::int64_t units);
  void value(const std::string& name, double value) { values_[name] = value; }
  void checkpoint(std::int64_t unit);
  /// For the terminal: something that a person should know.
  void note(const std::string& message);
  /// `kind` is empty if all went well.
  void end(RunState state, const std::string& kind = "", const std::string& message = "",
           const std::string& path = "");

 private:
  void send(const Event& event);

  int fd_;
  std::map<std::string, double> values_;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace assay
