// Values as JSON and back; what to_json does not write is refused.
#include "core/base/value_json.h"

#include <cmath>
#include <limits>
#include <utility>

#include "assay/error.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void refuse(const Json& json) {
  throw Error(ErrorKind::kCorrupt,
              "`" + json.dump().substr(0, 80) + "` is not a value that Assay writes");
}

template <class T>
std::vector<T> list(const Json& json) {
  std::vector<T> items;
  for (const auto& item : json) items.push_back(item.get<T>());
  return items;
}

bool all(const Json& json, bool (Json::*is)() const noexcept) {
  for (const auto& item : json)
    if (!(item.*is)()) return false;
  return true;
}

Value list_from_json(const Json& json) {
  if (json.empty()) return Reals{};
  if (all(json, &Json::is_boolean)) return list<bool>(json);
  if (all(json, &Json::is_number_integer)) return list<std::int64_t>(json);
  if (all(json, &Json::is_number)) return list<double>(json);
  if (all(json, &Json::is_string)) return list<std::string>(json);
  Specs specs;
  for (const auto& item : json) specs.push_back(spec_from_json(item));
  return specs;
}

}  // namespace

// A list of nothing is three bytes of text and fifty in memory; a key is looked for among all
// others of its object; values are walked by recursion. Right for the part of a text that is JSON.
void check_json(std::string_view text, std::size_t most) {
  constexpr std::size_t kMaxDepth = 64, kMaxKeys = 4'096;
  const auto over = [](std::size_t limit, const char* what) {
    throw Error(ErrorKind::kCorrupt, "this JSON has more than " + std::to_string(limit) + what);
  };
  if (text.size() > most) over(most, " bytes");
  std::size_t depth = 0, keys = 0;
  bool quoted = false;
  for (std::size_t k = 0; k < text.size(); ++k) {
    const char c = text[k];
    if (c == '"') quoted = !quoted;
    if (quoted) {
      if (c == '\\') ++k;
      continue;
    }
    if ((c == '{' || c == '[') && ++depth > kMaxDepth) over(kMaxDepth, " levels");
    if ((c == '}' || c == ']') && depth > 0) --depth;
    if (c == ':' && ++keys > kMaxKeys) over(kMaxKeys, " keys");
  }
}

Json parse_json(std::string_view text, std::size_t most) {
  check_json(text, most);
  return Json::parse(text);
}

Json real_to_json(double x) {
  if (std::isnan(x)) return "NaN";
  if (std::isinf(x)) return x > 0 ? "Infinity" : "-Infinity";
  return x;
}

double real_from_json(const Json& json) {
  if (json.is_number()) return json.get<double>();  // first: a comparison makes a text
  if (json == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (json == "Infinity") return std::numeric_limits<double>::infinity();
  if (json == "-Infinity") return -std::numeric_limits<double>::infinity();
  return json.get<double>();
}

Json to_json(const Value& value) {
  return std::visit(
      [](const auto& x) -> Json {
        using T = std::decay_t<decltype(x)>;
        if constexpr (std::is_same_v<T, Spec>) {
          return to_json(x);
        } else if constexpr (std::is_same_v<T, Specs>) {
          Json all = Json::array();
          for (const auto& spec : x) all.push_back(to_json(spec));
          return all;
        } else if constexpr (std::is_same_v<T, Bools>) {
          Json all = Json::array();
          for (const bool flag : x) all.push_back(flag);
          return all;
        } else {
          return x;
        }
      },
      value.variant());
}

Json to_json(const Values& values) {
  Json all = Json::object();
  for (const auto& [name, value] : values) all[name] = to_json(value);
  return all;
}

Json to_json(const Spec& spec) {
  Json all = {{"use", spec.use}};
  for (const auto& [name, value] : spec.params) all[name] = to_json(value);
  return all;
}

Value value_from_json(const Json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number_float()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_object()) return spec_from_json(json);
  if (json.is_array()) return list_from_json(json);
  refuse(json);
}

Values values_from_json(const Json& json) {
  if (!json.is_object()) refuse(json);
  Values values;
  for (const auto& [name, value] : json.items()) values[name] = value_from_json(value);
  return values;
}

Spec spec_from_json(const Json& json) {
  if (!json.is_object() || !json.contains("use") || !json["use"].is_string()) refuse(json);
  Spec spec{json["use"].get<std::string>(), values_from_json(json)};
  spec.params.erase("use");
  return spec;
}

}  // namespace assay
