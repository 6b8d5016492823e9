// stop: asks the front end that runs an experiment to checkpoint and leave, and waits until it has.
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "assay/error.h"
#include "runner/cli/experiments.h"
#include "runner/cli/output.h"
#include "runner/files/file_system.h"
#include "runner/files/run_folder.h"

namespace fs = std::filesystem;

namespace assay::cli {
namespace {

constexpr auto kLook = std::chrono::milliseconds(100);

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

bool stop(const Call& call, const fs::path& folder) {
  if (!FolderLock::held(folder)) {
    note(call, fmt::format("{} is not running", folder.string()));
    return false;
  }
  const Holder holder = holder_of(folder / ".lock");
  if (holder.pid <= 1 || holder.host != this_host())
    throw Error(ErrorKind::kBusy, fmt::format("{} is run by process {} on {}: stop it there",
                                              folder.string(), holder.pid, holder.host));
  if (kill(holder.pid, SIGTERM) != 0)
    throw Error(ErrorKind::kBusy, fmt::format("process {}, which runs {}, cannot be signalled: {}",
                                              holder.pid, folder.string(), std::strerror(errno)));
  note(call,
       fmt::format("asked process {} to stop {}; its workers finish their unit and checkpoint",
                   holder.pid, folder.string()));
  while (FolderLock::held(folder)) std::this_thread::sleep_for(kLook);
  return true;
}

int run(const Call& call) {
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

const Verb kStopVerb{"stop", "Ask a running experiment to checkpoint and leave.",
                     "MANIFEST | RUN-FOLDER...",
                     "  assay stop runs/quickstart\n"
                     "  assay stop experiments/quickstart.yaml\n",
                     run};

}  // namespace assay::cli
