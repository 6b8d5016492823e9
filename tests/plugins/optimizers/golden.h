// Golden numbers as the scripts of tests/python wrote them.
#pragma once

#include <cstdlib>
#include <fstream>

#include <nlohmann/json.hpp>

#include "assay/value.h"

namespace assay::testing {

/// golden_<name>.json of this folder.
inline nlohmann::json golden(const std::string& name) {
  std::ifstream file(std::string(std::getenv("ASSAY_SOURCE")) +
                     "/tests/plugins/optimizers/golden_" + name + ".json");
  return nlohmann::json::parse(file);
}

/// Parameters as a manifest would type them; {"use": ..., ...} is a nested component.
inline Values values_of(const nlohmann::json& params) {
  Values values;
  for (const auto& [name, value] : params.items()) {
    if (value.is_number_integer())
      values[name] = value.get<std::int64_t>();
    else if (value.is_boolean())
      values[name] = value.get<bool>();
    else if (value.is_number())
      values[name] = value.get<double>();
    else if (value.is_string())
      values[name] = value.get<std::string>();
    else if (value.is_array())
      values[name] = value.get<Reals>();
    else {
      auto inner = value;
      inner.erase("use");
      values[name] = Spec{value.at("use"), values_of(inner)};
    }
  }
  return values;
}

}  // namespace assay::testing
