// Scalars of YAML 1.2's core schema, resolved once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace assay {

struct Node;

using Scalar = std::variant<bool, std::int64_t, double, std::string>;

/// A quoted scalar is a string. Throws nothing: what is no bool and no number is a string.
Scalar resolve(const Node& node);

/// The integer at `key` of a map, if one is there.
std::optional<std::int64_t> integer_at(const Node& map, const char* key);

/// Why a plain scalar is refused whatever is expected ("010", ".inf"), or "".
std::string refused_scalar(const std::string& text);

/// "60s", "5m", "2h", "1d", or a plain number of seconds.
std::optional<double> duration(const Node& node);
/// "4GiB", "512MiB", "100kB", or a plain number of bytes.
std::optional<std::int64_t> bytes(const Node& node);

}  // namespace assay
