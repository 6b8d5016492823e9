// Schema: the parameters of a component, declared once. The same declaration checks a manifest,
// fills the struct, prints `assay describe`, and yields the JSON Schema and the reference pages.
#pragma once

#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/value.h"

namespace assay {

/// Accepted interval of a number, or accepted words of a string; of each element for a list.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool open_low = false;   // the lower end itself is refused
  bool open_high = false;  // the upper end itself is refused
  Strings choices = {};
};
inline Range any() {
  return {};
}
inline Range at_least(double low) {
  return {.low = low};
}
inline Range above(double low) {
  return {.low = low, .open_low = true};
}
inline Range between(double low, double high) {
  return {.low = low, .high = high};
}
inline Range below(double low, double high) {  // [low, high)
  return {.low = low, .high = high, .open_high = true};
}
inline Range one_of(Strings names) {
  return {.choices = std::move(names)};
}

enum class Type {
  kBool,
  kInteger,
  kReal,
  kString,
  kPath,  // a file or folder: relative to the manifest, must exist, its bytes belong to the
          // trial's identity
  kBools,
  kIntegers,
  kReals,
  kStrings,
  kComponent,   // a nested component of FieldInfo::kind
  kComponents,  // a list of them
};

/// What the world may know about one parameter.
struct FieldInfo {
  std::string name;
  Type type = Type::kBool;
  Value default_value;
  Range range;
  std::string doc;        // one sentence with the unit; a field without it fails conformance
  std::string kind;       // of a nested component: "optimizer", "model", ...
  bool required = false;  // has no default: the manifest must give it
};

/// "integer", "list of reals", "optimizer", ...
std::string type_name(const FieldInfo& field);
/// "0 < x <= 1", "one of cosine, constant", or "" where everything is accepted.
std::string range_text(const Range& range);
/// Throws Error{kParameter}: the field, the value, what was accepted. Nested components are
/// checked by whoever builds them.
void check(const FieldInfo& field, const Value& value);
/// Throws Error{kParameter} for the first name not in `fields`, with the nearest one, and for a
/// required field that is missing.
void check_names(const std::vector<FieldInfo>& fields, const Values& values);
/// "sgd, adamw, sam": names as a sentence lists them.
std::string listed(const Strings& names);
/// The candidate with the smallest edit distance to `name`, or "" where none is near.
std::string nearest(std::string_view name, const Strings& candidates);

/// Builds a nested component: (kind, spec) -> pointer to the kind's interface.
using Make = std::function<std::shared_ptr<void>(std::string_view kind, const Spec& spec)>;

namespace detail {
template <class T>
struct FieldType;
template <>
struct FieldType<bool> {
  static constexpr Type type = Type::kBool;
};
template <>
struct FieldType<std::int64_t> {
  static constexpr Type type = Type::kInteger;
};
template <>
struct FieldType<double> {
  static constexpr Type type = Type::kReal;
};
template <>
struct FieldType<std::string> {
  static constexpr Type type = Type::kString;
};
template <>
struct FieldType<std::filesystem::path> {
  static constexpr Type type = Type::kPath;
};
template <>
struct FieldType<Bools> {
  static constexpr Type type = Type::kBools;
};
template <>
struct FieldType<Integers> {
  static constexpr Type type = Type::kIntegers;
};
template <>
struct FieldType<Reals> {
  static constexpr Type type = Type::kReals;
};
template <>
struct FieldType<Strings> {
  static constexpr Type type = Type::kStrings;
};

template <class T>
Value to_value(const T& x) {
  if constexpr (std::is_same_v<T, std::filesystem::path>)
    return Value{x.string()};
  else
    return Value{x};
}
template <class T>
void from_value(T& x, const Value& value) {
  if constexpr (std::is_same_v<T, std::filesystem::path>)
    x = std::get<std::string>(value);
  else
    x = std::get<T>(value);
}
}  // namespace detail

/// The declared fields of parameter struct P. The type of a field is that of its member, the
/// default what the struct is born with.
template <class P>
class Schema {
 public:
  template <class T>
  Schema& field(std::string name, T P::*member, Range range, std::string doc) {
    return add({std::move(name),
                detail::FieldType<T>::type,
                detail::to_value(P{}.*member),
                std::move(range),
                std::move(doc),
                {},
                false},
               [member](P& params, const Value& v, const Make&) {
                 detail::from_value(params.*member, v);
               });
  }

  /// A field that the manifest must give.
  template <class T>
  Schema& required(std::string name, T P::*member, Range range, std::string doc) {
    field(std::move(name), member, std::move(range), std::move(doc));
    fields_.back().required = true;
    return *this;
  }

  /// A nested component; `use` names the default one, "" none (the member stays null).
  template <class I>
  Schema& component(std::string name, std::shared_ptr<I> P::*member, std::string use,
                    std::string doc) {
    return add({std::move(name),
                Type::kComponent,
                Value{Spec{std::move(use), {}}},
                {},
                std::move(doc),
                std::string(I::kind),
                false},
               [member](P& params, const Value& v, const Make& make) {
                 const auto& spec = std::get<Spec>(v);
                 if (!spec.use.empty())
                   params.*member = std::static_pointer_cast<I>(make(I::kind, spec));
               });
  }

  /// A list of nested components, empty by default.
  template <class I>
  Schema& components(std::string name, std::vector<std::shared_ptr<I>> P::*member,
                     std::string doc) {
    return add({std::move(name),
                Type::kComponents,
                Value{Specs{}},
                {},
                std::move(doc),
                std::string(I::kind),
                false},
               [member](P& params, const Value& v, const Make& make) {
                 for (const auto& spec : std::get<Specs>(v))
                   (params.*member).push_back(std::static_pointer_cast<I>(make(I::kind, spec)));
               });
  }

  const std::vector<FieldInfo>& fields() const { return fields_; }

  /// Defaults overlaid with `values`. Nothing is ignored: unknown or ill-typed names throw.
  P parse(const Values& values, const Make& make) const {
    check_names(fields_, values);
    P params;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      const auto it = values.find(fields_[i].name);
      const Value& value = it == values.end() ? fields_[i].default_value : it->second;
      check(fields_[i], value);
      setters_[i](params, value, make);
    }
    return params;
  }

 private:
  using Setter = std::function<void(P&, const Value&, const Make&)>;
  Schema& add(FieldInfo info, Setter setter) {
    fields_.push_back(std::move(info));
    setters_.push_back(std::move(setter));
    return *this;
  }

  std::vector<FieldInfo> fields_;
  std::vector<Setter> setters_;
};

}  // namespace assay
