// The description of a parameter.
#include <cmath>
#include <limits>

#include "assay/error.h"
#include "runner/files/names.h"
#include "runner/protocol/probe_answer.h"
#include "runner/protocol/values.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;
using ByValue = std::map<std::string, std::string>;

constexpr NamedValue<Type> kTypes[] = {{Type::kBool, "bool"},
                                       {Type::kInteger, "integer"},
                                       {Type::kReal, "real"},
                                       {Type::kString, "string"},
                                       {Type::kPath, "path"},
                                       {Type::kBools, "bools"},
                                       {Type::kIntegers, "integers"},
                                       {Type::kReals, "reals"},
                                       {Type::kStrings, "strings"},
                                       {Type::kComponent, "component"},
                                       {Type::kComponents, "components"}};

Type type_of(const std::string& text) {
  const auto type = find_value(kTypes, text);
  if (!type) throw Error(ErrorKind::kCorrupt, "`" + text + "` is no type of a parameter");
  return *type;
}

// JSON has no infinities: an open end of a range is null.
Json bound(double x) {
  return std::isfinite(x) ? Json(x) : Json(nullptr);
}
double bound(const Json& json, double open) {
  return json.is_null() ? open : json.get<double>();
}

}  // namespace

Json to_json(const FieldInfo& field) {
  const auto& range = field.range;
  return {{"name", field.name},
          {"type", find_name(kTypes, field.type)},
          {"default", exact_json(field.default_value)},
          {"range",
           {{"low", bound(range.low)},
            {"high", bound(range.high)},
            {"open_low", range.open_low},
            {"open_high", range.open_high},
            {"choices", range.choices}}},
          {"doc", field.doc},
          {"kind", field.kind},
          {"required", field.required},
          {"needs", field.needs},
          {"gives", field.gives},
          {"artifact", field.artifact}};
}

FieldInfo field_from_json(const Json& json) try {
  FieldInfo field;
  field.name = json.at("name").get<std::string>();
  field.type = type_of(json.at("type").get<std::string>());
  field.default_value = exact_value(json.at("default"));
  const auto& range = json.at("range");
  constexpr double kOpen = std::numeric_limits<double>::infinity();
  field.range = {bound(range.at("low"), -kOpen), bound(range.at("high"), kOpen),
                 range.at("open_low").get<bool>(), range.at("open_high").get<bool>(),
                 range.at("choices").get<Strings>()};
  field.doc = json.at("doc").get<std::string>();
  field.kind = json.at("kind").get<std::string>();
  field.required = json.at("required").get<bool>();
  field.needs = json.at("needs").get<ByValue>();
  field.gives = json.at("gives").get<ByValue>();
  field.artifact = json.at("artifact").get<std::string>();
  return field;
} catch (const Json::exception& error) {
  throw Error(ErrorKind::kCorrupt,
              std::string("the description of a parameter cannot be read: ") + error.what());
}

}  // namespace assay
