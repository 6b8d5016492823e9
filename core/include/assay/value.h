// Value: what a manifest can say about one parameter, already typed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace assay {

struct Value;
using Values = std::map<std::string, Value>;  // a block of parameters

/// A component as a manifest names it: `{use: sgd, lr: 0.1}`. An empty `use` is no component.
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

struct Value : ValueVariant {
  using ValueVariant::ValueVariant;
  const ValueVariant& variant() const { return *this; }
};

inline bool operator==(const Value& a, const Value& b);
inline bool operator==(const Spec& a, const Spec& b) {
  return a.use == b.use && a.params == b.params;
}
inline bool operator==(const Value& a, const Value& b) {
  return a.variant() == b.variant();
}

}  // namespace assay
