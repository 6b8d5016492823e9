// Only what plain JSON would lose is tagged.
#include "runner/worker/scalars.h"

#include <algorithm>
#include <cmath>

#include "assay/error.h"
#include "core/base/value_json.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t kMaxState = std::size_t{4} << 20;  // bytes

bool finite(double x) {
  return std::isfinite(x);
}

Json tagged(const Value& value) {
  const auto& any = value.variant();
  const auto* real = std::get_if<double>(&any);
  if (real != nullptr && !finite(*real)) return {{"real", real_to_json(*real)}};
  if (const auto* reals = std::get_if<Reals>(&any)) {
    Json list = Json::array();
    for (const double x : *reals) list.push_back(real_to_json(x));
    if (!std::all_of(reals->begin(), reals->end(), finite)) return {{"reals", list}};
    return list;
  }
  const Json plain = to_json(value);
  if (!plain.is_array() || !plain.empty()) return plain;
  const char* type = std::holds_alternative<Bools>(any)      ? "bools"
                     : std::holds_alternative<Integers>(any) ? "integers"
                     : std::holds_alternative<Strings>(any)  ? "strings"
                                                             : "specs";
  return {{type, plain}};
}

Value untagged(const Json& json) {
  if (!json.is_object() || json.contains("use")) return value_from_json(json);
  if (json.contains("real")) return real_from_json(json["real"]);
  if (json.contains("bools")) return Bools{};
  if (json.contains("integers")) return Integers{};
  if (json.contains("strings")) return Strings{};
  if (json.contains("specs")) return Specs{};
  Reals reals;
  for (const auto& item : json.at("reals")) reals.push_back(real_from_json(item));
  return reals;
}

[[noreturn]] void refuse(const Json::exception& error) {
  throw Error(ErrorKind::kCorrupt,
              std::string("state.json is not in the format of Assay: ") + error.what());
}

}  // namespace

Json scalars_to_json(const Values& scalars) {
  Json all = Json::object();
  for (const auto& [name, value] : scalars) all[name] = tagged(value);
  return all;
}

Values scalars_from_json(const Json& json) try {
  if (!json.is_object())
    throw Error(ErrorKind::kCorrupt, "the scalars in state.json are not a map");
  Values scalars;
  for (const auto& [name, value] : json.items()) scalars[name] = untagged(value);
  return scalars;
} catch (const Json::exception& error) {
  refuse(error);
}

std::string write_state(std::int64_t unit, const Values& scalars) try {
  const auto text = Json{{"unit", unit}, {"scalars", scalars_to_json(scalars)}}.dump() + "\n";
  check_json(text, kMaxState);
  return text;
} catch (const Error& error) {
  throw Error(ErrorKind::kPlugin, std::string("cannot save the scalars of the components: ") +
                                      error.what() + "; save long lists in `tensors` of State");
}

Values read_state(std::string_view text) try {
  return scalars_from_json(parse_json(text, kMaxState).at("scalars"));
} catch (const Json::exception& error) {
  refuse(error);
}

}  // namespace assay
