// The newest metrics of a stage as JSON: a map from name to number.
#pragma once

#include <map>
#include <string>

#include <nlohmann/json.hpp>

namespace assay {

/// What JSON cannot express is text: "NaN", "Infinity", "-Infinity".
nlohmann::ordered_json metrics_json(const std::map<std::string, double>& metrics);
/// Not of ordered JSON: there a key is looked for among all others, and metrics may be many. Throws
/// nlohmann's exception for what metrics_json() does not write; what a terminal would obey in a
/// name is replaced.
std::map<std::string, double> metrics_from_json(const nlohmann::json& json);

}  // namespace assay
