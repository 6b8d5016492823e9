#include "runner/files/metrics_json.h"

#include "core/base/value_json.h"
#include "runner/files/plain.h"

namespace assay {

nlohmann::ordered_json metrics_json(const std::map<std::string, double>& metrics) {
  auto all = nlohmann::ordered_json::object();
  for (const auto& [name, value] : metrics) all[name] = real_to_json(value);
  return all;
}

std::map<std::string, double> metrics_from_json(const nlohmann::json& json) {
  std::map<std::string, double> all;
  for (const auto& [name, value] : json.items())
    if (!value.is_null()) all[plain(name)] = real_from_json(nlohmann::ordered_json(value));
  return all;
}

}  // namespace assay
