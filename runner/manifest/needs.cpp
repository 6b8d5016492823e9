#include "runner/manifest/needs.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/base/value_json.h"

namespace assay {
namespace {

// By ability of the problem that it lacks: `kind` and `name` of the component that hides it.
struct Hider {
  std::string kind, name;
};
using Hidden = std::map<std::string, Hider>;

class Needs {
 public:
  Needs(const Stage& stage, Checker& checker) : stage_(stage), checker_(checker) {}

  void check(const std::string& kind) {
    const auto it = stage_.components.find(kind);
    if (it == stage_.components.end()) return;
    Hidden hidden;
    if (const auto objective = stage_.components.find("objective");
        objective != stage_.components.end() && kind != "objective")
      hide_within("objective", objective->second, hidden);
    check(kind, it->second, stage_.places.at(kind), hidden);
  }

 private:
  void check(const std::string& kind, const Spec& spec, const Location& at, const Hidden& hidden,
             bool is_nested = false) {
    const auto* info = checker_.catalog().find(kind, spec.use);
    if (info == nullptr) return;
    for (const auto& need : info->needs) check_need(*info, need, "", at, hidden);
    for (const auto& field : info->fields) check_field(*info, field, spec, at, hidden);
    if (kind == "procedure") check_only_one(spec, *info, at);
    auto below = hidden;
    if (is_nested && kind == "optimizer" && info->has("WeightLender"))
      checker_.complaints().add(
          at, fmt::format("optimizer `{}` lends weights for evaluation, which only the outermost "
                          "optimizer can do: put it around the others",
                          info->name));
    for (const auto& ability : info->hides)
      below.insert_or_assign(ability, Hider{kind, info->name});
    for (const auto& field : info->fields)
      for (const auto& nested : specs_of(spec, field))
        check(field.kind, nested, at, below, /*is_nested=*/true);
  }

  // An objective around another one has what that one lacks no more than that.
  void hide_within(const std::string& kind, const Spec& spec, Hidden& hidden) const {
    const auto* info = checker_.catalog().find(kind, spec.use);
    if (info == nullptr) return;
    for (const auto& ability : info->hides) hidden.emplace(ability, Hider{kind, info->name});
    for (const auto& field : info->fields)
      if (field.kind == kind)
        for (const auto& nested : specs_of(spec, field)) hide_within(kind, nested, hidden);
  }

  // `with` names the parameter whose value has the need; empty: the component has it.
  void check_need(const ComponentInfo& info, const std::string& text, const std::string& with,
                  const Location& at, const Hidden& hidden) {
    const auto need = need_of(text);
    if (need.kind == "problem")
      check_problem(info, need.ability, with, at, hidden);
    else if (!need.ability.empty())
      check_ability(info, need, with, at);
  }

  void check_field(const ComponentInfo& info, const FieldInfo& field, const Spec& spec,
                   const Location& at, const Hidden& hidden) {
    const auto it = spec.params.find(field.name);
    if (field.needs.empty() || it == spec.params.end()) return;
    const auto value = text_of(it->second);
    const auto with = fmt::format("`{}: {}`", field.name, value);
    if (const auto need = field.needs.find(value); need != field.needs.end())
      check_need(info, need->second, with, at, hidden);
    else if (const auto any = field.needs.find("");
             any != field.needs.end() && value != text_of(field.default_value))
      check_need(info, any->second, with, at, hidden);
  }

  static std::string text_of(const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    return to_json(value).dump();
  }

  static Specs specs_of(const Spec& spec, const FieldInfo& field) {
    const auto it = spec.params.find(field.name);
    if (it == spec.params.end()) return {};
    if (field.type == Type::kComponents) return std::get<Specs>(it->second);
    if (field.type != Type::kComponent || std::get<Spec>(it->second).use.empty()) return {};
    return {std::get<Spec>(it->second)};
  }

  // Why a component lacks an ability; empty if it has it. A dataset around another one, such as one
  // with label noise, has the abilities of that one.
  std::string lack_of(const std::string& kind, const Spec& spec, const std::string& ability) const {
    const auto* info = checker_.catalog().find(kind, spec.use);
    if (info == nullptr) return "";
    if (info->has(ability)) return excluded(*info, spec, ability);
    auto why = fmt::format("`{}` lacks it; those with it are {}", spec.use,
                           fmt::join(checker_.catalog().able(kind, ability), ", "));
    for (const auto& field : info->fields) {
      if (kind != "dataset" || field.kind != kind) continue;
      why.clear();  // the inner one tells, if the manifest has a valid one
      for (const auto& nested : specs_of(spec, field)) why = lack_of(kind, nested, ability);
    }
    return why;
  }

  // Which parameter has a value that excludes the ability; empty if none has.
  static std::string excluded(const ComponentInfo& info, const Spec& spec,
                              const std::string& ability) {
    for (const auto& field : info.fields) {
      const auto it = spec.params.find(field.name);
      const auto giving = std::find_if(field.gives.begin(), field.gives.end(),
                                       [&](const auto& one) { return one.second == ability; });
      if (it == spec.params.end() || giving == field.gives.end()) continue;
      const auto value = text_of(it->second);
      const auto given = field.gives.find(value);
      if (given != field.gives.end() && given->second == ability) continue;
      return fmt::format("`{}` with `{}: {}` lacks it; `{}: {}` gives it", spec.use, field.name,
                         value, field.name, giving->first);
    }
    return "";
  }

  void check_ability(const ComponentInfo& info, const Need& need, const std::string& with,
                     const Location& at) {
    const auto it = stage_.components.find(need.kind);
    if (it == stage_.components.end()) return;
    const auto why = lack_of(need.kind, it->second, need.ability);
    if (!why.empty())
      checker_.complaints().add(
          at, fmt::format("{} `{}`{} needs a {} with the ability {}, and {}", info.kind, info.name,
                          with.empty() ? "" : " with " + with, need.kind, need.ability, why));
  }

  // Two callbacks that decide on the same weights would have to be ordered silently.
  void check_only_one(const Spec& procedure, const ComponentInfo& info, const Location& at) {
    for (const auto& [ability, does] :
         {std::pair<std::string, std::string>{"WeightLender", "lend weights for evaluation"},
          {"WeightChooser", "choose the final weights"}}) {
      Strings able;
      const auto add = [&](const std::string& kind, const Spec& spec) {
        const auto* one = checker_.catalog().find(kind, spec.use);
        if (one != nullptr && one->has(ability)) able.push_back(spec.use);
      };
      for (const auto& field : info.fields)
        for (const auto& nested : specs_of(procedure, field))
          if (field.kind == "callback") add(field.kind, nested);
      const auto it = stage_.components.find("optimizer");
      if (it != stage_.components.end()) add(it->first, it->second);
      if (able.size() > 1)
        checker_.complaints().add(at, fmt::format("`{}` {}; only one of a training may: remove "
                                                  "the others",
                                                  fmt::join(able, "` and `"), does));
    }
  }

  void check_problem(const ComponentInfo& info, const std::string& ability, const std::string& with,
                     const Location& at, const Hidden& hidden) {
    const auto it = hidden.find(ability);
    if (it == hidden.end()) return;
    const auto what = ability == "Split"    ? "to split the batch"
                      : ability == "Again"  ? "to evaluate the loss again"
                      : ability == "Groups" ? "the separate groups of the loss"
                                            : "the separate terms or groups of the loss";
    const auto& [kind, name] = it->second;
    const auto why =
        kind == "objective"
            ? fmt::format(
                  ", but objective `{}` compares the samples of a batch with one another: "
                  "use another {}",
                  name, with.empty() ? info.kind : "value, or another objective")
            : fmt::format(
                  ", which `{}` around it does not pass on: swap the two, or use another "
                  "base for `{}`",
                  name, name);
    checker_.complaints().add(at, fmt::format("{} `{}`{} needs {}{}", info.kind, info.name,
                                              with.empty() ? "" : " with " + with, what, why));
  }

  const Stage& stage_;
  Checker& checker_;
};

}  // namespace

void check_needs(const Stage& stage, const ComponentInfo& procedure, Checker& checker) {
  Needs needs(stage, checker);
  std::set<std::string> kinds{"procedure"};
  for (const auto& text : procedure.needs) kinds.insert(need_of(text).kind);
  for (const auto& kind : kinds) needs.check(kind);
}

}  // namespace assay
