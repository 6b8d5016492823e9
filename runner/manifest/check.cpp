// Components: names, types, ranges, defaults.
#include "runner/manifest/check.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "assay/error.h"
#include "runner/manifest/scalar.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

std::string article(const std::string& noun) {
  const bool vowel = std::string("aeiou").find(noun[0]) != std::string::npos;
  return (vowel ? "an " : "a ") + noun;
}

// For what people write who come from other tools.
std::string hint_for(const Node& node, const FieldInfo& field) {
  const bool takes_list = field.type == Type::kBools || field.type == Type::kIntegers ||
                          field.type == Type::kReals || field.type == Type::kStrings;
  const bool several = node.is_list() || node.text.find(',') != std::string::npos;
  const bool is_swept =
      field.type == Type::kReal || field.type == Type::kInteger || field.type == Type::kBool;
  if (several && is_swept) return "; for several values, add an axis to `sweep`";
  const auto is_index = [](const MapEntry& entry) {
    return entry.key.find_first_not_of("0123456789") == std::string::npos;
  };
  if (takes_list && node.is_map() &&
      std::all_of(node.entries.begin(), node.entries.end(), is_index))
    return "; an item is set by its index only if the manifest has the list";
  return "";
}

std::string expected(const FieldInfo& field) {
  if (!field.range.choices.empty()) return range_text(field.range);
  const auto type = type_name(field), range = range_text(field.range);
  return (type == "true or false" ? type : article(type)) + (range.empty() ? "" : ", " + range);
}

fs::path folder_of(const Location& at) {
  return at.file == kCommandLine ? fs::current_path() : fs::absolute(at.file).parent_path();
}

template <class T>
std::vector<T> all_of(const std::vector<Value>& values) {
  std::vector<T> all;
  for (const auto& value : values) all.push_back(std::get<T>(value));
  return all;
}

FieldInfo element_of(const FieldInfo& list) {
  FieldInfo one = list;
  one.type = list.type == Type::kBools      ? Type::kBool
             : list.type == Type::kIntegers ? Type::kInteger
             : list.type == Type::kReals    ? Type::kReal
                                            : Type::kString;
  return one;
}

}  // namespace

Strings rows_of(const Spec& spec, const ComponentInfo& info, const Catalog& catalog) {
  Strings rows;
  for (const auto& field : info.fields) {
    if (field.type != Type::kComponents || field.kind != "metric") continue;
    const auto it = spec.params.find(field.name);
    if (it == spec.params.end()) continue;
    for (const auto& metric : std::get<Specs>(it->second))
      if (const auto* found = catalog.find("metric", metric.use))
        rows.insert(rows.end(), found->rows.begin(), found->rows.end());
  }
  return rows;
}

bool is_declared(const std::string& name, const Strings& declared) {
  return std::any_of(declared.begin(), declared.end(),
                     [&](const std::string& one) { return covers_row(one, name); });
}

// Of a kind with few components, all of them.
std::string Checker::few_names(const std::string& kind) const {
  constexpr std::size_t kFew = 4;
  const auto names = catalog_.names(kind);
  if (names.empty() || names.size() > kFew) return "NAME";
  return fmt::format("{}", fmt::join(names, "` or `use: "));
}

bool Checker::expect_map(const Node& node, const std::string& key) {
  if (!node.is_map())
    complaints_.add(node.at, fmt::format("`{}` is {}, expected a map", key, node.describe()));
  return node.is_map();
}

void Checker::keys(const Node& map, const Strings& accepted, const std::string& where) {
  for (const auto& entry : map.entries) {
    if (std::find(accepted.begin(), accepted.end(), entry.key) != accepted.end()) continue;
    const auto near = nearest(entry.key, accepted);
    complaints_.add(entry.at, fmt::format("there is no key `{}` in {}; {}", entry.key, where,
                                          near.empty() ? fmt::format("accepted are {}",
                                                                     fmt::join(accepted, ", "))
                                                       : "did you mean `" + near + "`?"));
  }
}

Spec Checker::component(const Node& node, const std::string& kind, const std::string& usual) {
  const Node* use = node.is_map() ? node.find("use") : node.is_scalar() ? &node : nullptr;
  if (!node.is_map() && !node.is_scalar()) {
    complaints_.add(
        node.at, fmt::format("`{}` is {}, expected a component: {{use: NAME, ...}} or a name", kind,
                             node.describe()));
    return {};
  }
  Spec spec;
  if (use != nullptr) spec.use = use->text;
  if (spec.use.empty() || (use != nullptr && !use->is_scalar())) {
    complaints_.add(use == nullptr ? node.at : use->at,
                    fmt::format("this {} has no name: write `use: {}`", kind,
                                usual.empty() ? few_names(kind) : usual));
    return {};
  }
  const auto* info = catalog_.find(kind, spec.use);
  if (info == nullptr) {
    complaints_.add(use == nullptr ? node.at : use->at, catalog_.missing(kind, spec.use));
    return {};
  }
  within_ = depth_ == 0 ? 0 : within_ + 1;
  if (depth_ == kDeepest || within_ == kMostWithin) {
    complaints_.add(
        node.at,
        fmt::format(
            "{} `{}` has {} components within one another; check whether a default is itself", kind,
            spec.use, depth_ == kDeepest ? "too deep" : "too many"));
    return spec;
  }
  if (within_ > kMostWithin) return spec;
  ++depth_;
  fields(node.is_map() ? &node : nullptr, *info, node.at, spec);
  --depth_;
  return spec;
}

void Checker::fields(const Node* map, const ComponentInfo& info, const Location& at, Spec& spec) {
  Strings accepted = {"use"};
  for (const auto& field : info.fields) accepted.push_back(field.name);
  if (map != nullptr) keys(*map, accepted, info.kind + " `" + info.name + "`");
  for (const auto& field : info.fields) {
    const Node* given = map == nullptr ? nullptr : map->find(field.name);
    if (given != nullptr) {
      if (const auto typed = value(*given, field)) spec.params[field.name] = *typed;
    } else if (field.required) {
      complaints_.add(
          at, fmt::format("{} `{}` needs `{}`: {}", info.kind, info.name, field.name, field.doc));
    } else {
      spec.params[field.name] = default_of(field, at);
    }
  }
  const auto rows = rows_of(spec, info, catalog_);
  check_rows_differ(rows, at);
  check_row_names(map, info, rows);
}

// Two metrics that give one row would overwrite each other's.
void Checker::check_rows_differ(const Strings& rows, const Location& at) {
  std::set<std::string> seen;
  for (const auto& row : rows)
    if (!seen.insert(row).second)
      complaints_.add(
          at, fmt::format("two of the `metrics` give the row `{}`: remove one of them", row));
}

// A row that none of the metrics gives would be missing when the training ends.
void Checker::check_row_names(const Node* map, const ComponentInfo& info, const Strings& rows) {
  for (const auto& field : info.fields) {
    const Node* given = map == nullptr ? nullptr : map->find(field.name);
    if (field.kind != kMetricRow || given == nullptr || !given->is_scalar() || given->text.empty())
      continue;
    if (is_declared(given->text, rows)) continue;
    const auto bare = given->text.substr(given->text.find('/') + 1);
    const auto near = is_declared(bare, rows) ? bare : nearest(given->text, rows);
    complaints_.add(
        given->at, fmt::format("`{}` is `{}`, a row that none of the metrics gives; {}", field.name,
                               given->text,
                               near.empty() ? fmt::format("they give {}", fmt::join(rows, ", "))
                                            : "did you mean `" + near + "`?"));
  }
}

// The default of a nested component has defaults of its own; a default path may be missing here.
Value Checker::default_of(const FieldInfo& field, const Location& at) {
  Node node;
  node.at = at;
  node.kind = Node::Kind::kScalar;
  if (field.type == Type::kComponent && !std::get<Spec>(field.default_value).use.empty()) {
    node.text = std::get<Spec>(field.default_value).use;
    return component(node, field.kind);
  }
  if (field.type == Type::kComponents) {
    Specs all;
    for (const auto& spec : std::get<Specs>(field.default_value)) {
      node.text = spec.use;
      all.push_back(component(node, field.kind));
    }
    return Value{std::move(all)};
  }
  if (field.type == Type::kPath) {
    node.text = std::get<std::string>(field.default_value);
    if (const auto found = path(node, field)) return *found;
  }
  return field.default_value;
}

void Checker::wrong(const Node& node, const FieldInfo& field) {
  complaints_.add(node.at, fmt::format("`{}` is {}, expected {}{}", field.name, node.describe(),
                                       expected(field), hint_for(node, field)));
}

std::optional<Value> Checker::value(const Node& node, const FieldInfo& field) {
  switch (field.type) {
    case Type::kComponent: {
      const auto& fallback = std::get<Spec>(field.default_value).use;
      const Node* use = node.find("use");
      const bool may_lack = fallback.empty() && !field.required;
      if (may_lack && use != nullptr && use->is_scalar() && use->text.empty())
        return Value{Spec{}};  // as resolved.yaml says that there is none
      if (node.kind != Node::Kind::kNull) return Value{component(node, field.kind, fallback)};
      if (may_lack) return Value{Spec{}};
      wrong(node, field);  // one that cannot be left out
      return std::nullopt;
    }
    case Type::kPath:
      return path(node, field);
    case Type::kBools:
    case Type::kIntegers:
    case Type::kReals:
    case Type::kStrings:
    case Type::kComponents:
      return list(node, field);
    default:
      return scalar(node, field);
  }
}

std::optional<Value> Checker::scalar(const Node& node, const FieldInfo& field) {
  std::optional<Value> typed;
  if (node.is_scalar()) {
    const auto found = resolve(node);
    const auto* integer = std::get_if<std::int64_t>(&found);
    if (field.type == Type::kReal && integer != nullptr)
      typed = static_cast<double>(*integer);
    else if (const auto* real = std::get_if<double>(&found);
             real != nullptr && field.type == Type::kReal)
      typed = *real;
    else if (integer != nullptr && field.type == Type::kInteger)
      typed = *integer;
    else if (const auto* on = std::get_if<bool>(&found); on != nullptr && field.type == Type::kBool)
      typed = *on;
    else if (field.type == Type::kString)
      typed = node.text;
  }
  if (!typed) {
    wrong(node, field);
    return std::nullopt;
  }
  try {
    check(field, *typed);
  } catch (const Error&) {
    const bool near = field.type == Type::kString;
    const auto guess = near ? nearest(node.text, field.range.choices) : "";
    complaints_.add(node.at, fmt::format("`{}` is {}, expected {}{}", field.name, node.describe(),
                                         expected(field),
                                         guess.empty() ? "" : "; did you mean `" + guess + "`?"));
    return std::nullopt;
  }
  return typed;
}

std::optional<Value> Checker::list(const Node& node, const FieldInfo& field) {
  if (!node.is_list()) {
    wrong(node, field);
    return std::nullopt;
  }
  if (field.type == Type::kComponents) {
    Specs specs;
    for (const auto& item : node.items) specs.push_back(component(item, field.kind));
    if (field.required && specs.empty())
      complaints_.add(node.at, fmt::format("`{}` is an empty list: {}", field.name, field.doc));
    return Value{specs};
  }
  std::vector<Value> values;
  for (const auto& item : node.items)
    if (const auto one = scalar(item, element_of(field))) values.push_back(*one);
  if (values.size() != node.items.size()) return std::nullopt;
  switch (field.type) {
    case Type::kBools:
      return Value{all_of<bool>(values)};
    case Type::kIntegers:
      return Value{all_of<std::int64_t>(values)};
    case Type::kReals:
      return Value{all_of<double>(values)};
    default:
      return Value{all_of<std::string>(values)};
  }
}

std::optional<Value> Checker::path(const Node& node, const FieldInfo& field) {
  if (node.kind == Node::Kind::kNull) return Value{std::string()};
  if (!node.is_scalar()) {
    wrong(node, field);
    return std::nullopt;
  }
  if (node.text.empty()) return Value{std::string()};
  const auto whole = (folder_of(node.at) / node.text).lexically_normal();
  std::error_code unreadable;
  if (!fs::exists(whole, unreadable)) {
    complaints_.add(node.at, fmt::format("`{}`: there is no file or folder {}; {}{}", field.name,
                                         whole.string(), field.doc,
                                         node.text[0] == '~' ? " `~` is not expanded." : ""));
    return std::nullopt;
  }
  return Value{whole.string()};
}

std::optional<std::int64_t> Checker::integer(const Node& node, const std::string& key,
                                             std::int64_t low) {
  FieldInfo field{
      key, Type::kInteger, Value{std::int64_t{0}}, at_least(static_cast<double>(low)), "",
      "",  false};
  const auto found = scalar(node, field);
  return found ? std::optional(std::get<std::int64_t>(*found)) : std::nullopt;
}

std::optional<std::string> Checker::word(const Node& node, const std::string& key) {
  FieldInfo field{key, Type::kString, Value{std::string()}, any(), "", "", false};
  const auto found = scalar(node, field);
  return found ? std::optional(std::get<std::string>(*found)) : std::nullopt;
}

std::optional<bool> Checker::flag(const Node& node, const std::string& key) {
  FieldInfo field{key, Type::kBool, Value{false}, any(), "", "", false};
  const auto found = scalar(node, field);
  return found ? std::optional(std::get<bool>(*found)) : std::nullopt;
}

Strings Checker::words(const Node& node, const std::string& key) {
  const auto found = list(node, {key, Type::kStrings, Value{Strings{}}, any(), "", "", false});
  return found ? std::get<Strings>(*found) : Strings();
}

std::optional<std::string> Checker::file(const Node& node, const std::string& key,
                                         const std::string& doc) {
  const auto found = path(node, {key, Type::kPath, Value{std::string()}, any(), doc, "", false});
  return found ? std::optional(std::get<std::string>(*found)) : std::nullopt;
}

}  // namespace assay
