// Names of the values of an enumeration, as they stand in files and messages.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace assay {

template <class Value>
struct NamedValue {
  Value value;
  std::string_view name;
};

/// "" for a value that the table lacks.
template <class Value, std::size_t n>
constexpr std::string_view find_name(const NamedValue<Value> (&table)[n], Value value) {
  for (const auto& one : table)
    if (one.value == value) return one.name;
  return "";
}

/// Nothing for a name that the table lacks.
template <class Value, std::size_t n>
constexpr std::optional<Value> find_value(const NamedValue<Value> (&table)[n],
                                          std::string_view name) {
  for (const auto& one : table)
    if (one.name == name) return one.value;
  return {};
}

}  // namespace assay
