// Facts about the call; each that cannot be found out is left out.
#include "runner/schedule/provenance.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

#include "core/base/value_json.h"
#include "runner/system/clock.h"
#include "runner/system/command.h"

#ifndef ASSAY_VERSION
#define ASSAY_VERSION "unknown"
#endif

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kGitSeconds = 2;

// What can change numbers or place. Never the whole environment: it holds people's secrets.
constexpr const char* kEnvironment[] = {
    "ASSAY_PLUGIN_PATH", "ASSAY_WORKER",        "CUDA_VISIBLE_DEVICES", "CUBLAS_WORKSPACE_CONFIG",
    "LD_LIBRARY_PATH",   "OMP_NUM_THREADS",     "MKL_NUM_THREADS",      "ATEN_CPU_CAPABILITY",
    "SLURM_JOB_ID",      "SLURM_ARRAY_TASK_ID", "SLURM_PROCID",         "HOSTNAME"};

Json git_of(const std::filesystem::path& folder) {
  const auto git = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"git", "-C", folder.string()});
    return read_output(std::move(words), kGitSeconds);
  };
  const auto commit = git({"rev-parse", "HEAD"});
  if (!commit) return nullptr;
  Json answer{{"commit", trimmed(*commit)}};
  if (const auto changed = git({"status", "--porcelain", "--untracked-files=no"}))
    answer["dirty"] = !changed->empty();
  return answer;
}

std::string user() {
  const passwd* entry = getpwuid(getuid());
  return entry != nullptr ? entry->pw_name : std::to_string(getuid());
}

std::string host() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "";
}

Json environment() {
  auto answer = Json::object();
  for (const char* name : kEnvironment)
    if (const char* value = std::getenv(name)) answer[name] = value;
  return answer;
}

}  // namespace

Provenance::Provenance(const Experiment& experiment, std::vector<std::string> argv)
    : experiment_(experiment) {
  call_ = Json{{"argv", std::move(argv)},
               {"host", host()},
               {"user", user()},
               {"assay", ASSAY_VERSION},
               {"env", environment()}};
}

const Json& Provenance::facts_of(const Source& source) {
  const auto [it, fresh] = by_source_.try_emplace(&source);
  if (!fresh) return it->second;
  it->second = {{"manifest", source.file.string()}, {"overrides", source.overrides}};
  if (auto git = git_of(source.file.parent_path()); !git.is_null())
    it->second["git"] = std::move(git);
  return it->second;
}

std::string Provenance::text(const Trial& trial, const Stage& stage, int threads) {
  auto components = Json::object();
  for (const auto& [kind, spec] : stage.components) components[kind] = to_json(spec);
  Json all{{"id", stage.id},
           {"recipe", stage.recipe},
           {"name", experiment_.name},
           {"stage", stage.name},
           {"seed", stage.seed},
           {"axes", trial.axes},
           {"started", wall_seconds()},
           {"threads", threads},
           {"plugins", stage.plugins},
           {"core", stage.core},
           {"data", stage.data},
           {"components", components}};
  all.update(call_);
  all.update(facts_of(*trial.source));
  return all.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace assay
