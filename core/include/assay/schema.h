// Schema: the parameters of a component, declared once. The declaration validates manifests, fills
// the parameter struct, and is the source of `assay describe`, the JSON Schema and reference.md.
#pragma once

#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assay/error.h"
#include "assay/value.h"

namespace assay {

/// The accepted values: an interval for numbers, a list of choices for strings. For a list-valued
/// parameter it applies to each element. NaN and infinite numbers are never accepted.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool open_low = false;   // excludes `low` itself
  bool open_high = false;  // excludes `high` itself
  Strings choices = {};    // empty: every string is accepted
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
  kPath,  // a file or folder: relative to the manifest, must exist; its content is part of the
          // trial's identity
  kBools,
  kIntegers,
  kReals,
  kStrings,
  kComponent,   // a nested component of FieldInfo::kind
  kComponents,  // a list of nested components of one kind
};

/// FieldInfo::kind of a string that names a row of metrics.
inline constexpr const char* kMetricRow = "metric_row";
/// FieldInfo::kind of a string, or a list of them, that names an earlier stage.
inline constexpr const char* kStage = "stage";
/// FieldInfo::artifact of a stage whose final weights are read.
inline constexpr const char* kFinalWeights = "weights";
/// FieldInfo::artifact of a stage whose distribution of the weights is read: assay/sdk/posterior.h.
inline constexpr const char* kPosterior = "posterior";

/// Whether a metric that declares the row `declared` may give the row `name`. `*` at the end of
/// `declared` stands for any text.
bool covers_row(const std::string& declared, const std::string& name);

/// The description of one parameter.
struct FieldInfo {
  std::string name;
  Type type = Type::kBool;
  Value default_value;
  Range range;
  std::string doc;   // one sentence with the unit; the conformance test requires it
  std::string kind;  // of nested components: "optimizer", "model", ...; or kMetricRow, or kStage
  bool required = false;  // no default: the manifest must give a value
  /// By one of the choices, what the component needs with it, as Entry::needs; by "", with any
  /// value but the default.
  std::map<std::string, std::string> needs = {};
  /// By one of the choices, the ability that the component has only with it.
  std::map<std::string, std::string> gives = {};
  std::string artifact = {};  // what is read of a stage: an artifact of it, or kFinalWeights
};

/// The type in words: "integer", "list of real numbers", "optimizer", ...
std::string type_name(const FieldInfo& field);
/// The range in words: "0 < x <= 1", "one of cosine, constant", or "" if there is no limit.
std::string range_text(const Range& range);
/// Throws Error{kParameter} if `value` has another type or lies outside of the range. The message
/// names the field, the value and what is accepted. The parameters of a nested component are not
/// checked here, but when that component is built.
void check(const FieldInfo& field, const Value& value);
/// Throws Error{kParameter} for the first name that is not in `fields` (the message suggests the
/// nearest field name), and for a required field without a value.
void check_names(const std::vector<FieldInfo>& fields, const Values& values);
/// The names joined by ", ", for messages.
std::string listed(const Strings& names);
/// The candidate with the smallest edit distance to `name`; "" if none is close, if `name` has more
/// than 60 characters, or if there are more than 300 candidates.
std::string nearest(std::string_view name, const Strings& candidates);

/// The version of the interface I: `static constexpr std::string_view version`, which an interface
/// of a plugin's own has; "" for those of the core, which the ABI tag covers.
template <class I>
constexpr std::string_view version_of() {
  if constexpr (requires { I::version; })
    return I::version;
  else
    return {};
}
/// Throws Error{kPlugin} if a component of `kind` was compiled with another version of its
/// interface than the code that asks for it.
void expect_version(std::string_view kind, std::string_view asked, std::string_view given);

/// Builds a nested component. The result points at the interface of `kind` (an Optimizer, say), of
/// which the caller knows `version`. Throws as expect_version() does.
using Make = std::function<std::shared_ptr<void>(std::string_view kind, std::string_view version,
                                                 const Spec& spec)>;

namespace detail {
template <class>
inline constexpr bool kIsFieldType = false;
template <class T>
struct FieldType {
  static_assert(kIsFieldType<T>,
                "a field is a bool, std::int64_t, double, std::string, std::filesystem::path, or a "
                "vector of bool, std::int64_t, double or std::string (Bools, Integers, Reals, "
                "Strings); nested components are added with component() or components()");
};
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

/// The declared fields of the parameter struct P. The type of a field is the type of its member
/// (bool, std::int64_t, double, std::string, std::filesystem::path, or Bools, Integers, Reals,
/// Strings), and its default is the member's value in a default-constructed P.
template <class P>
class Schema {
 public:
  /// Adds an optional field, a member of P or of a base class of P. `doc` is one sentence that ends
  /// with a full stop and gives the unit.
  template <class T, class Owner>
  Schema& field(std::string name, T Owner::*member, Range range, std::string doc) {
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

  /// Adds a field without a default. The conformance test cannot build a component that has one.
  template <class T, class Owner>
  Schema& required(std::string name, T Owner::*member, Range range, std::string doc) {
    field(std::move(name), member, std::move(range), std::move(doc));
    fields_.back().required = true;
    return *this;
  }

  /// Adds a nested component of kind I::kind. `use` names the default; with "" the default is none,
  /// and the member stays null.
  template <class I, class Owner>
  Schema& component(std::string name, std::shared_ptr<I> Owner::*member, std::string use,
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
                   params.*member =
                       std::static_pointer_cast<I>(make(I::kind, version_of<I>(), spec));
               });
  }

  /// Adds a nested component without a default.
  template <class I, class Owner>
  Schema& required_component(std::string name, std::shared_ptr<I> Owner::*member, std::string doc) {
    component(std::move(name), member, "", std::move(doc));
    fields_.back().required = true;
    return *this;
  }

  /// Adds a list of nested components of kind I::kind. `uses` names the default; with none of them
  /// the list is empty.
  template <class I>
  Schema& components(std::string name, std::vector<std::shared_ptr<I>> P::*member, Strings uses,
                     std::string doc) {
    Specs specs;
    for (auto& use : uses) specs.push_back({std::move(use), {}});
    return add(
        {std::move(name),
         Type::kComponents,
         Value{std::move(specs)},
         {},
         std::move(doc),
         std::string(I::kind),
         false},
        [member](P& params, const Value& v, const Make& make) {
          auto& into = params.*member;
          for (const auto& spec : std::get<Specs>(v))
            within(std::to_string(into.size()), [&] {
              into.push_back(std::static_pointer_cast<I>(make(I::kind, version_of<I>(), spec)));
            });
        });
  }

  /// Adds a list of nested components without a default.
  template <class I>
  Schema& required_components(std::string name, std::vector<std::shared_ptr<I>> P::*member,
                              std::string doc) {
    components(std::move(name), member, {}, std::move(doc));
    fields_.back().required = true;
    return *this;
  }

  /// Adds a field that names a row of the metrics that the component has in a list of kind
  /// "metric", such as `accuracy`; a manifest with another name is refused. "" stands for none.
  template <class Owner>
  Schema& metric_row(std::string name, std::string Owner::*member, std::string doc) {
    field(std::move(name), member, any(), std::move(doc));
    fields_.back().kind = kMetricRow;
    return *this;
  }

  /// Adds a field that names a stage of `after`, of which `artifact` is read, or the weights for
  /// kFinalWeights; a manifest is refused if that stage leaves none. "" stands for no stage.
  template <class Owner>
  Schema& stage(std::string name, std::string Owner::*member, std::string artifact,
                std::string doc) {
    return add_stage(std::move(name), member, std::move(artifact), std::move(doc));
  }
  /// The same without a default.
  template <class Owner>
  Schema& required_stage(std::string name, std::string Owner::*member, std::string artifact,
                         std::string doc) {
    add_stage(std::move(name), member, std::move(artifact), std::move(doc));
    fields_.back().required = true;
    return *this;
  }
  /// The same with a list of stages, which must have one.
  template <class Owner>
  Schema& required_stages(std::string name, Strings Owner::*member, std::string artifact,
                          std::string doc) {
    add_stage(std::move(name), member, std::move(artifact), std::move(doc));
    fields_.back().required = true;
    return *this;
  }

  /// Sets FieldInfo::needs of the field that was added last: {{"groups", "problem/Groups"}}.
  Schema& needs(std::map<std::string, std::string> by_value) {
    fields_.back().needs = std::move(by_value);
    return *this;
  }
  /// Sets FieldInfo::gives of the field that was added last: {{"regression", "Values"}}.
  Schema& gives(std::map<std::string, std::string> by_value) {
    fields_.back().gives = std::move(by_value);
    return *this;
  }

  const std::vector<FieldInfo>& fields() const { return fields_; }

  /// Returns P with `values` in place of the defaults, and nested components built by `make`. No
  /// value is ignored or converted. Throws as check_names() and check() do, and what `make` throws.
  P parse(const Values& values, const Make& make) const {
    check_names(fields_, values);
    P params;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      const auto it = values.find(fields_[i].name);
      const Value& value = it == values.end() ? fields_[i].default_value : it->second;
      within(fields_[i].name, [&] {
        check(fields_[i], value);
        setters_[i](params, value, make);
      });
    }
    return params;
  }

 private:
  using Setter = std::function<void(P&, const Value&, const Make&)>;

  template <class T, class Owner>
  Schema& add_stage(std::string name, T Owner::*member, std::string artifact, std::string doc) {
    field(std::move(name), member, any(), std::move(doc));
    fields_.back().kind = kStage;
    fields_.back().artifact = std::move(artifact);
    return *this;
  }
  Schema& add(FieldInfo info, Setter setter) {
    fields_.push_back(std::move(info));
    setters_.push_back(std::move(setter));
    return *this;
  }

  std::vector<FieldInfo> fields_;
  std::vector<Setter> setters_;
};

}  // namespace assay
