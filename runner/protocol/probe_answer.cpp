#include "runner/protocol/probe_answer.h"

#include <algorithm>

#include "runner/files/plain.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

Json component_json(const ComponentInfo& info) {
  Json fields = Json::array();
  for (const auto& field : info.fields) fields.push_back(to_json(field));
  return {{"kind", info.kind},
          {"name", info.name},
          {"doc", info.doc},
          {"fields", fields},
          {"needs", info.needs},
          {"hides", info.hides},
          {"abilities", info.abilities},
          {"rows", info.rows},
          {"artifacts", info.artifacts}};
}

ComponentInfo component_from(const Json& json, const ProbeAnswer& answer) {
  ComponentInfo info{json.at("kind"), json.at("name"), plain(json.at("doc").get<std::string>()),
                     answer.file,     answer.build,    {}};
  for (const auto& field : json.at("fields")) {
    info.fields.push_back(field_from_json(field));
    info.fields.back().doc = plain(info.fields.back().doc);
  }
  json.at("needs").get_to(info.needs);
  json.at("hides").get_to(info.hides);
  json.at("abilities").get_to(info.abilities);
  json.at("rows").get_to(info.rows);
  json.at("artifacts").get_to(info.artifacts);
  return info;
}

}  // namespace

bool ComponentInfo::has(const std::string& ability) const {
  return std::find(abilities.begin(), abilities.end(), ability) != abilities.end();
}

Json to_json(const ProbeAnswer& answer) {
  Json json{{"file", answer.file}};
  if (!answer.refused.empty()) {
    json["refused"] = answer.refused;
    if (answer.crashed) json["crashed"] = true;
    if (answer.hung) json["hung"] = true;
    return json;
  }
  json["build"] = answer.build;
  json["components"] = Json::array();
  for (const auto& one : answer.components) json["components"].push_back(component_json(one));
  return json;
}

ProbeAnswer probe_answer_from_json(const Json& json) {
  ProbeAnswer answer;
  json.at("file").get_to(answer.file);
  if (json.contains("refused")) {
    answer.refused = plain(json["refused"].get<std::string>());
    answer.crashed = json.value("crashed", false);
    answer.hung = json.value("hung", false);
    return answer;
  }
  json.at("build").get_to(answer.build);
  for (const auto& one : json.at("components"))
    answer.components.push_back(component_from(one, answer));
  return answer;
}

}  // namespace assay
