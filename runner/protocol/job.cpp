#include "runner/protocol/job.h"

#include "assay/error.h"
#include "core/base/value_json.h"
#include "runner/protocol/values.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;
using Paths = std::map<std::string, std::filesystem::path>;

// A real number is none, and may fit into no integer.
std::int64_t integer(const Json& json, const char* key) {
  return json.at(key).get_ref<const Json::number_integer_t&>();
}

Json paths_json(const Paths& paths) {
  auto all = Json::object();
  for (const auto& [name, path] : paths) all[name] = path.string();
  return all;
}

Paths paths_from(const Json& json) {
  Paths all;
  for (const auto& [name, path] : json.items()) all[name] = path.get<std::string>();
  return all;
}

using Plugins = std::map<std::filesystem::path, std::string>;

Json plugins_json(const Plugins& plugins) {
  auto all = Json::array();
  for (const auto& [path, build] : plugins)
    all.push_back({{"path", path.string()}, {"build", build}});
  return all;
}

Plugins plugins_from(const Json& json) {
  Plugins all;
  for (const auto& plugin : json)
    all[plugin.at("path").get<std::string>()] = plugin.at("build").get<std::string>();
  return all;
}

}  // namespace

std::string write_job(const Job& job) {
  auto earlier = Json::object();
  for (const auto& [name, stage] : job.earlier)
    earlier[name] = {{"components", components_json(stage.components)},
                     {"seed", stage.seed},
                     {"after", paths_json(stage.after)},
                     {"subset", stage.subset.string()},
                     {"plugins", plugins_json(stage.plugins)}};
  auto hidden = Json::object();
  for (const auto& [path, names] : job.hidden) hidden[path.string()] = names;
  const Json json{
      {"dir", job.dir.string()},
      {"name", job.name},
      {"stage", job.stage},
      {"id", job.id},
      {"seed", job.seed},
      {"device", job.device},
      {"threads", job.threads},
      {"adapt_threads", job.adapt_threads},
      {"deterministic", job.deterministic},
      {"components", components_json(job.components)},
      {"earlier", earlier},
      {"plugins", plugins_json(job.plugins)},
      {"hidden", hidden},
      {"core", job.core},
      {"after", paths_json(job.after)},
      {"weights", to_json(job.weights)},
      {"subset", job.subset.string()},
      {"checkpoint_every", job.checkpoint_every},
      {"memory", job.memory},
  };
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Job read_job(const std::string& line) try {
  const auto json = parse_json(line);
  Job job;
  job.dir = json.at("dir").get<std::string>();
  job.name = json.at("name").get<std::string>();
  job.stage = json.at("stage").get<std::string>();
  job.id = json.at("id").get<std::string>();
  job.seed = integer(json, "seed");
  job.device = json.at("device").get<std::string>();
  job.threads = static_cast<int>(integer(json, "threads"));
  job.adapt_threads = json.at("adapt_threads").get<bool>();
  job.deterministic = json.at("deterministic").get<bool>();
  job.components = components_from(json.at("components"));
  for (const auto& [name, stage] : json.at("earlier").items())
    job.earlier[name] = {components_from(stage.at("components")), integer(stage, "seed"),
                         paths_from(stage.at("after")), stage.at("subset").get<std::string>(),
                         plugins_from(stage.at("plugins"))};
  job.plugins = plugins_from(json.at("plugins"));
  for (const auto& [path, names] : json.at("hidden").items())
    job.hidden[path] = names.get<Strings>();
  for (const auto& [file, build] : json.at("core").items())
    job.core[file] = build.get<std::string>();
  job.after = paths_from(json.at("after"));
  job.weights = initial_weights_from_json(json.at("weights"));
  job.subset = json.at("subset").get<std::string>();
  job.checkpoint_every = json.at("checkpoint_every").get<double>();
  job.memory = integer(json, "memory");
  return job;
} catch (const nlohmann::json::exception& error) {
  throw Error(ErrorKind::kCorrupt, std::string("the job on standard input does not come from this "
                                               "version of `assay`: ") +
                                       error.what());
}

}  // namespace assay
