// Golden numbers of independent implementations, which the scripts of tests/python ask.
#pragma once

#include <cstdlib>
#include <fstream>
#include <map>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "assay/value.h"
#include "tests/support/shell.h"

namespace assay::testing {

/// What tests/python/golden_<name>.py says where $ASSAY_TEST_PYTHON has the packages it asks;
/// otherwise what it said once: tests/plugins/<folder>/golden_<name>.json.
inline const nlohmann::json& golden(const std::string& folder, const std::string& name) {
  static std::map<std::string, nlohmann::json> known;
  if (const auto it = known.find(name); it != known.end()) return it->second;
  const std::string source = std::getenv("ASSAY_SOURCE"), script = "golden_" + name;
  if (const char* python = std::getenv("ASSAY_TEST_PYTHON"); python != nullptr) {
    const auto said =
        shell(std::string(python) + " -W ignore " + source + "/tests/python/" + script + ".py");
    if (said.code == 0) return known[name] = nlohmann::json::parse(said.out);
    WARN(script << ".json stands in for its packages: " << said.err);
  }
  std::ifstream file(source + "/tests/plugins/" + folder + "/" + script + ".json");
  return known[name] = nlohmann::json::parse(file);
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
