// Reads the job of runner/schedule/README.md.
#include "runner/worker/job.h"

#include "assay/error.h"
#include "core/base/value_json.h"

namespace assay {
namespace {

// A real number is none, and may fit into no integer.
std::int64_t integer(const nlohmann::ordered_json& json, const char* key) {
  return json.at(key).get_ref<const nlohmann::ordered_json::number_integer_t&>();
}

}  // namespace

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
  for (const auto& [kind, spec] : json.at("components").items())
    job.components[kind] = spec_from_json(spec);
  for (const auto& plugin : json.at("plugins"))
    job.plugins[plugin.at("path").get<std::string>()] = plugin.at("build").get<std::string>();
  for (const auto& [file, build] : json.at("core").items())
    job.core[file] = build.get<std::string>();
  for (const auto& [stage, dir] : json.at("after").items())
    job.after[stage] = dir.get<std::string>();
  job.weights = json.at("weights").get<std::string>();
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
