// Counts threads and child processes.
#include "runner/worker/left_running.h"

#include <filesystem>
#include <iterator>

#include "runner/system/child_processes.h"

namespace assay {
namespace {

std::size_t threads() {
  std::error_code none;
  const std::filesystem::directory_iterator all("/proc/self/task", none);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace

RunningBefore::RunningBefore() : threads_(threads()), children_(child_processes().size()) {}

std::string RunningBefore::added() const {
  if (child_processes().size() > children_)
    return "started a process while it was loaded; a plugin only registers";
  if (threads() > threads_) return "started a thread while it was loaded; a plugin only registers";
  return "";
}

}  // namespace assay
