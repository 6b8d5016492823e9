// Values and specs as JSON, for identities and for people. Between programs they are exact:
// runner/protocol/values.h. Not part of the SDK.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "assay/value.h"

namespace assay {

/// Throws Error{kCorrupt} for JSON over `most` bytes, nested deeper than 64 levels, or with over
/// 4,096 keys: memory, stack and time are bounded then, whoever wrote it.
inline constexpr std::size_t kMaxJson = std::size_t{1} << 20;
void check_json(std::string_view text, std::size_t most = kMaxJson);
/// As ordered_json::parse, of a text that check_json() lets pass.
nlohmann::ordered_json parse_json(std::string_view text, std::size_t most = kMaxJson);

/// Any real number: "NaN", "Infinity" or "-Infinity" where JSON has no word. Read back, it throws
/// nlohmann's exception for what is neither that nor a number.
nlohmann::ordered_json real_to_json(double x);
double real_from_json(const nlohmann::ordered_json& json);

/// Reals stay reals (1.0 is written 1.0), so reading back gives the same alternative. An empty
/// list reads back as a list of reals. A spec is {"use": name, ...params}.
nlohmann::ordered_json to_json(const Value& value);
nlohmann::ordered_json to_json(const Spec& spec);
nlohmann::ordered_json to_json(const Values& values);

/// Inverse of to_json. Throws Error{kCorrupt} for a form that to_json does not write.
Value value_from_json(const nlohmann::ordered_json& json);
Values values_from_json(const nlohmann::ordered_json& json);
Spec spec_from_json(const nlohmann::ordered_json& json);

}  // namespace assay
