// Value: the value of one parameter of a component, already converted to its declared type.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace assay {

struct Value;
using Values = std::map<std::string, Value>;  // parameter name -> value

/// A component as written in a manifest: `{use: sgd, lr: 0.1}`. An empty `use` means "none".
struct Spec {
  std::string use;
  Values params;
};

using Bools = std::vector<bool>;
using Integers = std::vector<std::int64_t>;
using Reals = std::vector<double>;
using Strings = std::vector<std::string>;
using Specs = std::vector<Spec>;

using ValueVariant = std::variant<bool, std::int64_t, double, std::string, Bools, Integers, Reals,
                                  Strings, Spec, Specs>;

/// A value type: copies share nothing. Use std::get, std::holds_alternative or variant().
struct Value : ValueVariant {
  using ValueVariant::ValueVariant;
  // Defined in one place: compiling them took 8 % of the time of a small plugin.
  Value();
  Value(const Value& other);
  Value(Value&& other) noexcept;
  Value& operator=(const Value& other);
  Value& operator=(Value&& other) noexcept;
  ~Value();
  const ValueVariant& variant() const { return *this; }
};

bool operator==(const Value& a, const Value& b);
bool operator==(const Spec& a, const Spec& b);

}  // namespace assay
