// stop: asks whoever runs an experiment, a front end or tasks of a cluster, to checkpoint and
// leave, and waits until they have.
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <set>
#include <thread>

#include "assay/error.h"
#include "runner/cli/experiments.h"
#include "runner/cli/launcher.h"
#include "runner/cli/output.h"
#include "runner/files/file_system.h"
#include "runner/files/run_folder.h"

namespace fs = std::filesystem;

namespace assay::cli {
namespace {

constexpr auto kLook = std::chrono::milliseconds(100);
constexpr auto kSilence = std::chrono::seconds(60);  // twice what Slurm gives a task unless told
constexpr auto kLookAtSlurm = std::chrono::milliseconds(500);

struct Holder {
  pid_t pid = 0;
  std::string host;
};

Holder holder_of(const fs::path& file) {
  const auto text = read_file(file);
  char host[256] = {};
  Holder holder;
  if (std::sscanf(text.c_str(), "process %d on %255s", &holder.pid, host) == 2) holder.host = host;
  return holder;
}

std::string this_host() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

// Folders with a lock of a front end: <runs>/<name>.
std::vector<fs::path> folders_of(const Call& call) {
  std::vector<fs::path> all;
  for (const auto& word : call.words) {
    if (!fs::is_directory(word)) {
      Call one = call;
      one.words = {word};
      const auto experiment = manifest_of(one, catalog_of(call));
      all.push_back(call.runs / experiment.name);
      continue;
    }
    const fs::path folder = fs::path(word).lexically_normal();
    // The one trial of a run folder cannot be stopped alone: its experiment is.
    all.push_back(fs::exists(folder / "resolved.yaml") ? fs::absolute(folder).parent_path()
                                                       : folder);
  }
  return all;
}

bool stop_here(const Call& call, const fs::path& folder) {
  if (!FolderLock::held(folder)) return false;
  const Holder holder = holder_of(folder / ".lock");
  if (holder.pid <= 1 || holder.host != this_host())
    throw Error(ErrorKind::kBusy,
                fmt::format("{} is being run by process {} on {}: run `assay stop` on that machine",
                            folder.string(), holder.pid, holder.host));
  if (kill(holder.pid, SIGTERM) != 0)
    throw Error(ErrorKind::kBusy, fmt::format("cannot signal process {}, which is running {}: {}",
                                              holder.pid, folder.string(), std::strerror(errno)));
  note(call,
       fmt::format(
           "asked process {} to stop {}; each worker finishes its unit and writes a checkpoint",
           holder.pid, folder.string()));
  while (FolderLock::held(folder)) std::this_thread::sleep_for(kLook);
  return true;
}

// Takes what waits out of the queue and asks what runs to leave. A task may begin meanwhile.
void ask_to_leave(const std::vector<SubmittedTask>& tasks, std::set<std::string>& asked) {
  std::vector<std::string> waiting, running;
  for (const auto& one : tasks) {
    if (is_leaving(one)) continue;
    const auto& task = one.task;
    if (asked.insert(task.job + task.state).second)
      (task.state == "RUNNING" ? running : waiting).push_back(task.job);
  }
  slurm::cancel(waiting);
  slurm::terminate(running);
}

bool stop_in_slurm(const Call& call, const fs::path& folder) {
  auto tasks = tasks_in_slurm(call, folder);
  if (tasks.empty()) return false;
  note(call, fmt::format("asked Slurm to stop {} of {}; running tasks finish their unit and "
                         "write a checkpoint",
                         format_count(tasks.size(), "task"), folder.string()));
  auto end = std::chrono::steady_clock::now() + kSilence;
  for (std::set<std::string> asked; !tasks.empty(); tasks = submitted_tasks(folder)) {
    ask_to_leave(tasks, asked);
    std::this_thread::sleep_for(kLookAtSlurm);
    if (!std::all_of(tasks.begin(), tasks.end(), is_leaving))
      end = std::chrono::steady_clock::now() + kSilence;
    if (std::chrono::steady_clock::now() < end) continue;
    note(call,
         "the remaining tasks are on nodes that do not answer; Slurm ends them when the nodes "
         "return");
    break;
  }
  return true;
}

bool stop(const Call& call, const fs::path& folder) {
  const bool here = stop_here(call, folder), there = stop_in_slurm(call, folder);
  if (!here && !there) note(call, fmt::format("{} is not running", folder.string()));
  return here || there;
}

int run_stop(const Call& call) {
  call.expect_words(1, SIZE_MAX, "a manifest or run folders");
  auto stopped = Json::array();
  for (const auto& folder : folders_of(call)) {
    if (!stop(call, folder)) continue;
    stopped.push_back(folder.string());
    if (!call.json) fmt::print("stopped {}\n", folder.string());
  }
  if (call.json) print_json(call, {{"stopped", stopped}});
  return kOk;
}

}  // namespace

const Verb kStopVerb{"stop", "Ask a running experiment to write checkpoints and stop.",
                     "MANIFEST | RUN-FOLDER...",
                     "  assay stop runs/quickstart\n"
                     "  assay stop experiments/quickstart.yaml\n",
                     run_stop};

}  // namespace assay::cli
