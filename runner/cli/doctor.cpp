// doctor: what this installation can and cannot do, and what would help.
#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "runner/catalog/load.h"
#include "runner/cli/experiments.h"
#include "runner/cli/output.h"
#include "runner/cli/worker_info.h"
#include "runner/system/cpus.h"

namespace fs = std::filesystem;

namespace assay::cli {
namespace {

constexpr double kMostlyFree = 0.8;  // of the CPUs; fewer are worth a warning

struct Check {
  std::string what, state, text;  // state: ok or warn
};

Check worker() {
  const auto program = worker_program();
  if (access(program.c_str(), X_OK) != 0)
    return {"worker", "warn",
            fmt::format("{} cannot be run; build it, or set ASSAY_WORKER to its path",
                        program.string())};
  return {"worker", "ok", program.string()};
}

Check libtorch() {
  const auto version = worker_version();
  if (version.empty())
    return {"libtorch", "warn", "the worker does not start; run `assay-worker version` to see why"};
  return {"libtorch", "ok", describe_version(version)};
}

std::vector<Check> plugins(const Call& call) try {
  const Catalog catalog = catalog_of(call);
  std::vector<Check> all;
  if (catalog.components.empty()) {
    std::string folders;
    for (const auto& folder : catalog.folders) folders += " " + folder;
    all.push_back({"plugins", "warn",
                   fmt::format("none found in{}; pass their folder with --plugins", folders)});
  } else {
    all.push_back({"plugins", "ok", fmt::format("{} components", catalog.components.size())});
  }
  for (const auto& one : catalog.refused)
    all.push_back({"plugins", "warn", fmt::format("refused: {}", one.reason)});
  return all;
} catch (const std::exception& error) {
  return {{"plugins", "warn", error.what()}};
}

// Data sets that lie where a plugin looks for them unless it is told another place.
std::vector<Check> data(const Call& call) try {
  std::vector<Check> all;
  for (const auto& component : catalog_of(call).components)
    for (const auto& field : component.fields) {
      if (component.kind != "dataset" || field.type != Type::kPath) continue;
      const auto& path = std::get<std::string>(field.default_value);
      if (path.empty()) continue;
      if (fs::exists(path))
        all.push_back({"data", "ok", fmt::format("{}: {}", component.name, path)});
      else
        all.push_back({"data", "warn",
                       fmt::format("{}: {} does not exist; {}: {}", component.name, path,
                                   field.name, field.doc)});
    }
  return all;
} catch (const std::exception&) {
  return {};  // the check of the plugins has said it
}

Check runs(const Call& call) {
  fs::path folder = fs::absolute(call.runs).lexically_normal();
  while (!fs::exists(folder) && folder.has_relative_path()) folder = folder.parent_path();
  if (access(folder.c_str(), W_OK | X_OK) != 0)
    return {
        "runs", "warn",
        fmt::format("{} cannot be written; pass another folder with --runs", call.runs.string())};
  std::error_code error;
  const auto space = fs::space(folder, error);
  const double gigabytes = error ? 0 : static_cast<double>(space.available) / 1e9;
  if (!error && gigabytes < 1)
    return {"runs", "warn",
            fmt::format("only {:.1f} GB are free for {}; checkpoints may not fit", gigabytes,
                        call.runs.string())};
  return {"runs", "ok",
          fmt::format("{} can be written, {:.1f} GB free", call.runs.string(), gigabytes)};
}

Check gpu() {
  if (fs::exists("/dev/nvidia0")) return {"gpu", "ok", "/dev/nvidia0"};
  return {"gpu", "ok", "none; everything runs on the CPU"};
}

Check threads() {
  const int cpus = count_cpus();
  const double free = measure_free_cpus(cpus);
  auto text = fmt::format("{} cores, {:.1f} of them free now", cpus, free);
  if (std::getenv("OMP_NUM_THREADS") != nullptr)
    text += "; workers ignore OMP_NUM_THREADS, see limits.threads";
  if (free >= kMostlyFree * cpus) return {"threads", "ok", text};
  return {
      "threads", "warn",
      text + fmt::format("; other processes or a CPU quota take the rest: set limits.workers times "
                         "limits.threads to {}",
                         std::max(1, static_cast<int>(free)))};
}

int run_doctor(const Call& call) {
  call.expect_words(0, 0, "no arguments");
  std::vector<Check> all{worker(), libtorch()};
  for (auto& check : plugins(call)) all.push_back(std::move(check));
  for (auto& check : data(call)) all.push_back(std::move(check));
  for (auto& check : {runs(call), gpu(), threads()}) all.push_back(check);
  bool ok = true;
  auto json = Json::array();
  const bool color = colored(call, stdout);
  for (const auto& check : all) {
    const bool fine = check.state == "ok";
    ok = ok && fine;
    json.push_back({{"check", check.what}, {"state", check.state}, {"text", check.text}});
    if (!call.json)
      fmt::print("{} {:<9} {}\n",
                 paint(fmt::format("{:<4}", check.state), fine ? kGreen : kYellow, color),
                 check.what, check.text);
  }
  if (call.json) print_json(call, {{"ok", ok}, {"checks", json}});
  return kOk;
}

}  // namespace

const Verb kDoctorVerb{"doctor",
                       "Check the installation: worker, plugins, data, disk, GPU and CPUs.", "",
                       "  assay doctor\n"
                       "  assay doctor --runs /data/runs --json\n",
                       run_doctor};

}  // namespace assay::cli
