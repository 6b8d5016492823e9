// assay-conformance: tests one component of a plugin. Not for people: `assay plugin test` starts
// it.
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "core/runtime/runtime.h"
#include "runner/conformance/conformance.h"
#include "runner/system/child_processes.h"
#include "runner/system/descriptor.h"
#include "runner/worker/crash.h"
#include "runner/worker/plugin_loader.h"

namespace {

using Json = nlohmann::ordered_json;

// The first file is the plugin's; components of later ones that it has too are left out.
assay::Registry load_all(const std::vector<std::string>& files) {
  assay::Registry all;
  for (const auto& file : files) {
    assay::Registry own;
    assay::load_plugin(file, own);
    for (const auto& entry : own.entries()) {
      const bool taken =
          std::any_of(all.entries().begin(), all.entries().end(), [&](const assay::Entry& other) {
            return other.kind == entry.kind && other.name == entry.name;
          });
      if (!taken) all.insert(entry);
    }
  }
  return all;
}

Json test(const std::string& kind, const std::string& name, const std::vector<std::string>& files) {
  const auto registry = load_all(files);
  assay::set_crash_place(kind + " `" + name + "`");
  const auto verdict = assay::conformance::test_component(registry, registry.find(kind, name));
  return {{"broken", verdict.broken}, {"skipped", verdict.skipped}};
}

}  // namespace

// KIND NAME FILE OTHER...
int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr, "assay-conformance is started by `assay plugin test FILE`\n");
    return 2;
  }
  const int out = assay::duplicated(STDOUT_FILENO, assay::kOutOfTheWay);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);  // what a plugin prints is no answer
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);    // of no use when `assay` has ended
  ::setpgid(0, 0);                       // a signal to its group reaches nobody else
  assay::adopt_orphans();
  assay::trace_crashes();
  assay::configure(1, true);
  Json answer;
  try {
    answer = test(argv[1], argv[2], {argv + 3, argv + argc});
  } catch (const std::exception& error) {
    answer = {{"broken", {std::string(error.what())}}, {"skipped", ""}};
  }
  if (!assay::child_processes().empty()) answer["broken"].push_back("it leaves a process running");
  assay::kill_children({});
  const auto line = answer.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  for (std::size_t done = 0; done < line.size();) {
    const auto n = ::write(out, line.data() + done, line.size() - done);
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  std::_Exit(0);  // LibTorch and plugins are never unloaded
}
