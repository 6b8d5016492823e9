// /proc/self/task/*/children, and a few rounds of SIGKILL.
#include "runner/system/child_processes.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace assay {
namespace {

constexpr int kRounds = 1000;  // of a millisecond: a process that forks faster than that wins
constexpr useconds_t kPause = 1000;

// Whether there was anything to kill.
bool kill_once(const std::set<pid_t>& spared) {
  bool found = false;
  for (const pid_t child : child_processes()) {
    if (spared.contains(child)) continue;
    found = true;
    kill(child, SIGKILL);
    waitpid(child, nullptr, WNOHANG);
  }
  return found;
}

}  // namespace

std::set<pid_t> child_processes() {
  std::set<pid_t> all;
  std::error_code none;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", none)) {
    std::ifstream in(task.path() / "children");
    for (pid_t child = 0; in >> child;) all.insert(child);
  }
  return all;
}

void adopt_orphans() {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void kill_children(const std::set<pid_t>& spared) {
  for (int round = 0; round < kRounds && kill_once(spared); ++round) usleep(kPause);
}

}  // namespace assay
