// Values as JSON without loss: JSON itself has no NaN, no infinity and no typed empty list.
#pragma once

#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "assay/value.h"

namespace assay {

/// As to_json() of core/base/value_json.h, but {"real": "NaN"} (or "Infinity", "-Infinity"),
/// {"reals": [1.0, "NaN"]}, {"integers": []} and so on if that would not read back as what it was.
nlohmann::ordered_json exact_json(const Value& value);
nlohmann::ordered_json exact_json(const Spec& spec);
nlohmann::ordered_json exact_json(const Values& values);

/// The components of a stage, by kind.
nlohmann::ordered_json components_json(const std::map<std::string, Spec>& components);

/// The inverse. Throws Error{kCorrupt} for what exact_json() does not write.
Value exact_value(const nlohmann::ordered_json& json);
Spec exact_spec(const nlohmann::ordered_json& json);
Values exact_values(const nlohmann::ordered_json& json);
std::map<std::string, Spec> components_from(const nlohmann::ordered_json& json);

}  // namespace assay
