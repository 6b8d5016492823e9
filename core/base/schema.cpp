// Checks of values against fields, and the sentences that say what would be right.
#include "assay/schema.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "assay/error.h"
#include "core/base/value_json.h"

namespace assay {
namespace {

// Insertions, deletions, substitutions, and swaps of neighbors (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before, row(b.size() + 1), next(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      next[j] =
          std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        next[j] = std::min(next[j], before[j - 2] + 1);
    }
    before = row;
    row = next;
  }
  return row.back();
}

std::string element_name(Type type) {
  switch (type) {
    case Type::kBool:
    case Type::kBools:
      return "true or false";
    case Type::kInteger:
    case Type::kIntegers:
      return "integer";
    case Type::kReal:
    case Type::kReals:
      return "real number";
    case Type::kString:
    case Type::kStrings:
      return "string";
    case Type::kPath:
      return "path";
    case Type::kComponent:
    case Type::kComponents:
      return "component";
  }
  return "value";
}

bool alternative_fits(Type type, const Value& value) {
  switch (type) {
    case Type::kBool:
      return std::holds_alternative<bool>(value);
    case Type::kInteger:
      return std::holds_alternative<std::int64_t>(value);
    case Type::kReal:
      return std::holds_alternative<double>(value);
    case Type::kString:
    case Type::kPath:
      return std::holds_alternative<std::string>(value);
    case Type::kBools:
      return std::holds_alternative<Bools>(value);
    case Type::kIntegers:
      return std::holds_alternative<Integers>(value);
    case Type::kReals:
      return std::holds_alternative<Reals>(value);
    case Type::kStrings:
      return std::holds_alternative<Strings>(value);
    case Type::kComponent:
      return std::holds_alternative<Spec>(value);
    case Type::kComponents:
      return std::holds_alternative<Specs>(value);
  }
  return false;
}

bool inside(const Range& range, double x) {
  return std::isfinite(x) && (range.open_low ? x > range.low : x >= range.low) &&
         (range.open_high ? x < range.high : x <= range.high);
}
bool inside(const Range& range, const std::string& word) {
  return range.choices.empty() ||
         std::find(range.choices.begin(), range.choices.end(), word) != range.choices.end();
}

bool all_inside(const Range& range, const Value& value) {
  return std::visit(
      [&](const auto& x) {
        using T = std::decay_t<decltype(x)>;
        const auto within = [&](const auto& one) {
          using One = std::decay_t<decltype(one)>;
          if constexpr (std::is_same_v<One, std::string>)
            return inside(range, one);
          else if constexpr (std::is_same_v<One, bool> || std::is_same_v<One, Spec>)
            return true;
          else
            return inside(range, static_cast<double>(one));
        };
        if constexpr (std::is_same_v<T, Bools> || std::is_same_v<T, Specs>)
          return true;
        else if constexpr (std::is_same_v<T, Integers> || std::is_same_v<T, Reals> ||
                           std::is_same_v<T, Strings>)
          return std::all_of(x.begin(), x.end(), within);
        else
          return within(x);
      },
      value.variant());
}

std::string accepted(const FieldInfo& field) {
  const std::string range = range_text(field.range);
  const std::string type = type_name(field);
  if (!field.range.choices.empty()) return range;
  return (type == "true or false" ? type
                                  : (type.starts_with("integer") || type.starts_with("optimizer") ||
                                             type.starts_with("objective")
                                         ? "an "
                                         : "a ") +
                                        type) +
         (range.empty() ? "" : ", " + range);
}

// A required component may not be none, nor a required list of them empty.
bool is_none(const Value& value) {
  const auto* spec = std::get_if<Spec>(&value);
  const auto* specs = std::get_if<Specs>(&value);
  return (spec != nullptr && spec->use.empty()) || (specs != nullptr && specs->empty());
}

}  // namespace

std::string type_name(const FieldInfo& field) {
  switch (field.type) {
    case Type::kBools:
      return "list of true or false";
    case Type::kIntegers:
      return "list of integers";
    case Type::kReals:
      return "list of real numbers";
    case Type::kStrings:
      return field.kind == kStage ? "list of stages" : "list of strings";
    case Type::kString:
      return field.kind == kStage ? "stage" : element_name(field.type);
    case Type::kComponent:
      return field.kind;
    case Type::kComponents:
      return "list of " + field.kind + "s";
    default:
      return element_name(field.type);
  }
}

std::string range_text(const Range& range) {
  if (!range.choices.empty()) return "one of " + listed(range.choices);
  const bool low = std::isfinite(range.low), high = std::isfinite(range.high);
  if (low && high)
    return fmt::format("{} {} x {} {}", range.low,
                       range.open_low ? "<" : "<=", range.open_high ? "<" : "<=", range.high);
  if (low) return fmt::format("x {} {}", range.open_low ? ">" : ">=", range.low);
  if (high) return fmt::format("x {} {}", range.open_high ? "<" : "<=", range.high);
  return "";
}

void check(const FieldInfo& field, const Value& value) {
  if (field.required && is_none(value))
    throw Error(ErrorKind::kParameter, fmt::format("`{}` is missing: {}", field.name, field.doc));
  if (alternative_fits(field.type, value) && all_inside(field.range, value)) return;
  throw Error(ErrorKind::kParameter, fmt::format("`{}` is {}, expected {}", field.name,
                                                 to_json(value).dump(), accepted(field)));
}

void check_names(const std::vector<FieldInfo>& fields, const Values& values) {
  Strings names;
  for (const auto& field : fields) names.push_back(field.name);
  for (const auto& [name, value] : values) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    const std::string near = nearest(name, names);
    throw Error(ErrorKind::kParameter, "there is no parameter `" + name + "`; " +
                                           (near.empty() ? "accepted are " + listed(names)
                                                         : "did you mean `" + near + "`?"));
  }
  for (const auto& field : fields)
    if (field.required && !values.contains(field.name))
      throw Error(ErrorKind::kParameter, fmt::format("`{}` is missing: {}", field.name, field.doc));
}

void expect_version(std::string_view kind, std::string_view asked, std::string_view given) {
  if (asked == given) return;
  throw Error(
      ErrorKind::kPlugin,
      fmt::format("its plugin was compiled with version {} of the interface of `{}`, and the "
                  "plugin that asks for it with version {}: compile both with one header",
                  given.empty() ? "none" : given, kind, asked.empty() ? "none" : asked));
}

std::string listed(const Strings& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string nearest(std::string_view name, const Strings& candidates) {
  // A long name, or one among very many, is hardly a slip of the hand, and would take its time.
  if (name.size() > 60 || candidates.size() > 300) return "";
  std::string best;
  std::size_t distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    if (candidate.size() > name.size() + distance) continue;
    const std::size_t d = edit_distance(name, candidate);
    if (d >= distance || d >= std::max(name.size(), candidate.size())) continue;
    distance = d;
    best = candidate;
  }
  return best;
}

bool covers_row(const std::string& declared, const std::string& name) {
  return declared.ends_with('*') ? name.starts_with(declared.substr(0, declared.size() - 1))
                                 : name == declared;
}

}  // namespace assay
