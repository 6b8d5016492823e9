// assay-worker: the process with LibTorch in it. Not for people: `assay` starts it.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "assay/registry.h"
#include "runner/system/child_processes.h"
#include "runner/system/descriptor.h"
#include "runner/worker/check.h"
#include "runner/worker/crash.h"
#include "runner/worker/passes.h"
#include "runner/worker/probe.h"
#include "runner/worker/signals.h"
#include "runner/worker/stage.h"

namespace {

constexpr int kEvents = 3;  // the descriptor that the front end listens on

// A plugin that writes on descriptor 3, or closes low ones, is not heard by the front end.
int moved_away(int low) {
  const int high = assay::duplicated(low, assay::kOutOfTheWay);
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (high < 0 || null < 0) return low;
  dup2(null, low);
  close(null);
  return high;
}

int run_stage(assay::Events& events) {
  std::string line;
  std::getline(std::cin, line);
  try {
    return assay::run_stage(assay::read_job(line), events);
  } catch (const assay::Error& error) {
    events.end(assay::RunState::kFailed, std::string(assay::name_of(error.kind())), error.what());
    return 1;
  } catch (const std::exception& error) {
    events.end(assay::RunState::kFailed, "io", error.what());
    return 1;
  }
}

int run(pid_t front_end) {
  assay::catch_signals(front_end);
  assay::trace_crashes();
  assay::Events events(moved_away(kEvents));
  const int code = run_stage(events);
  assay::kill_children({});  // the front end does so too, if it still lives
  return code;
}

int main_of(const std::vector<std::string>& words) {
  const std::string verb = words.empty() ? "" : words[0];
  if (verb == "run") return run(words.size() > 1 ? std::atoi(words[1].c_str()) : getppid());
  if (verb == "probe") return assay::probe({words.begin() + 1, words.end()});
  if (verb == "passes" && words.size() > 1)
    return assay::count_passes(words[1], {words.begin() + 2, words.end()});
  if (verb == "check" && words.size() == 2) return assay::check_job(words[1]);
  if (verb == "version") {
    fmt::print("{}\n", assay::abi_tag());
    return 0;
  }
  fmt::print(stderr,
             "assay-worker is started by `assay`; its verbs are run, probe FILE..., "
             "check FILE, passes SPEC FILE... and version\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const int code = main_of({argv + 1, argv + argc});
  std::fflush(nullptr);
  std::_Exit(code);  // LibTorch and plugins are never unloaded
}
