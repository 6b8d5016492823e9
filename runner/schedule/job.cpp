// Stage -> job, as one line of JSON.
#include "runner/schedule/job.h"

#include "core/base/value_json.h"

namespace assay {
namespace {

std::string folder_of(const std::map<std::string, std::filesystem::path>& after,
                      const std::string& stage) {
  return stage.empty() ? "" : std::filesystem::absolute(after.at(stage)).string();
}

}  // namespace

std::string job_line(const Experiment& experiment, const Trial& trial, const Stage& stage,
                     const std::filesystem::path& dir,
                     const std::map<std::string, std::filesystem::path>& after, int threads) {
  auto components = nlohmann::ordered_json::object(), folders = nlohmann::ordered_json::object();
  for (const auto& [kind, spec] : stage.components) components[kind] = to_json(spec);
  for (const auto& [name, path] : after) folders[name] = std::filesystem::absolute(path).string();
  auto plugins = nlohmann::ordered_json::array();
  for (const auto& [path, build] : stage.plugins)
    plugins.push_back({{"path", path}, {"build", build}});
  const nlohmann::ordered_json job{
      {"dir", std::filesystem::absolute(dir).string()},
      {"name", experiment.name},
      {"stage", stage.name},
      {"id", stage.id},
      {"seed", stage.seed},
      {"axes", trial.axes},
      {"device", stage.device},
      {"threads", threads},
      {"adapt_threads", experiment.limits.threads == 0},
      {"deterministic", stage.deterministic},
      {"components", components},
      {"plugins", plugins},
      {"core", stage.core},
      {"after", folders},
      {"weights", folder_of(after, stage.weights)},
      {"subset", folder_of(after, stage.subset)},
      {"checkpoint_every", experiment.limits.checkpoint_every},
      {"memory", experiment.limits.memory},
  };
  return job.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace assay
