// Only what plain JSON would lose is tagged.
#include "runner/protocol/values.h"

#include <algorithm>
#include <cmath>

#include "assay/error.h"
#include "core/base/value_json.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

bool is_finite(double x) {
  return std::isfinite(x);
}

[[noreturn]] void refuse(const Json& json) {
  throw Error(ErrorKind::kCorrupt,
              "`" + json.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 80) +
                  "` is not a value that Assay writes");
}

Json exact_list(const Value& list) {
  const auto& any = list.variant();
  if (const auto* specs = std::get_if<Specs>(&any); specs != nullptr && !specs->empty()) {
    Json all = Json::array();
    for (const auto& spec : *specs) all.push_back(exact_json(spec));
    return all;
  }
  if (const auto* reals = std::get_if<Reals>(&any)) {
    Json all = Json::array();
    for (const double x : *reals) all.push_back(real_to_json(x));
    if (!std::all_of(reals->begin(), reals->end(), is_finite)) return {{"reals", all}};
    return all;
  }
  const Json plain = to_json(list);
  if (!plain.empty()) return plain;
  const char* type = std::holds_alternative<Bools>(any)      ? "bools"
                     : std::holds_alternative<Integers>(any) ? "integers"
                     : std::holds_alternative<Strings>(any)  ? "strings"
                                                             : "specs";
  return {{type, plain}};
}

Value untagged(const Json& json) {
  if (json.contains("real")) return real_from_json(json["real"]);
  if (json.contains("bools")) return Bools{};
  if (json.contains("integers")) return Integers{};
  if (json.contains("strings")) return Strings{};
  if (json.contains("specs")) return Specs{};
  if (!json.contains("reals")) refuse(json);
  Reals reals;
  for (const auto& item : json["reals"]) reals.push_back(real_from_json(item));
  return reals;
}

}  // namespace

Json exact_json(const Value& value) {
  const auto& any = value.variant();
  if (const auto* spec = std::get_if<Spec>(&any)) return exact_json(*spec);
  const auto* real = std::get_if<double>(&any);
  if (real != nullptr && !is_finite(*real)) return {{"real", real_to_json(*real)}};
  const bool is_scalar = real != nullptr || std::holds_alternative<bool>(any) ||
                         std::holds_alternative<std::int64_t>(any) ||
                         std::holds_alternative<std::string>(any);
  return is_scalar ? to_json(value) : exact_list(value);
}

Json exact_json(const Spec& spec) {
  Json all = {{"use", spec.use}};
  for (const auto& [name, value] : spec.params) all[name] = exact_json(value);
  return all;
}

Json exact_json(const Values& values) {
  Json all = Json::object();
  for (const auto& [name, value] : values) all[name] = exact_json(value);
  return all;
}

Value exact_value(const Json& json) try {
  if (json.is_object()) return json.contains("use") ? Value(exact_spec(json)) : untagged(json);
  if (!json.is_array() || json.empty() || !json[0].is_object()) return value_from_json(json);
  Specs specs;
  for (const auto& item : json) specs.push_back(exact_spec(item));
  return specs;
} catch (const Json::exception&) {
  refuse(json);
}

Spec exact_spec(const Json& json) {
  if (!json.is_object() || !json.contains("use") || !json["use"].is_string()) refuse(json);
  Spec spec{json["use"].get<std::string>(), {}};
  for (const auto& [name, value] : json.items())
    if (name != "use") spec.params[name] = exact_value(value);
  return spec;
}

Values exact_values(const Json& json) {
  if (!json.is_object()) refuse(json);
  Values values;
  for (const auto& [name, value] : json.items()) values[name] = exact_value(value);
  return values;
}

Json components_json(const std::map<std::string, Spec>& components) {
  auto all = Json::object();
  for (const auto& [kind, spec] : components) all[kind] = exact_json(spec);
  return all;
}

std::map<std::string, Spec> components_from(const Json& json) {
  std::map<std::string, Spec> components;
  for (const auto& [kind, spec] : json.items()) components[kind] = exact_spec(spec);
  return components;
}

}  // namespace assay
