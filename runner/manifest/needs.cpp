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
  Needs(const Stage& stage, const std::map<std::string, Node>& nodes,
        const ComponentInfo& procedure, Checker& checker)
      : stage_(stage), nodes_(nodes), checker_(checker) {
    for (const auto& text : procedure.needs)
      if (const auto need = need_of(text); !need.optional) of_procedure_.insert(need.kind);
  }

  void check(const std::string& kind) {
    const auto it = stage_.components.find(kind);
    if (it == stage_.components.end()) return;
    Hidden hidden;
    if (const auto objective = stage_.components.find("objective");
        objective != stage_.components.end() && kind != "objective")
      hide_within("objective", objective->second, hidden);
    check(kind, it->second, &nodes_.at(kind), stage_.places.at(kind), hidden);
  }

 private:
  // `node` is null for a default, whose place is that of the component that has it.
  void check(const std::string& kind, const Spec& spec, const Node* node, const Location& at,
             const Hidden& hidden, bool is_nested = false) {
    const auto* info = checker_.catalog().find(kind, spec.use);
    if (info == nullptr) return;
    for (const auto& need : info->needs) check_need(*info, need, "", at, hidden);
    for (const auto& field : info->fields) check_field(*info, field, spec, at, hidden);
    if (kind == "procedure") check_only_one(spec, *info, at);
    auto below = hidden;
    if (is_nested && kind == "optimizer")
      if (const auto why = why_not_nested(*info); !why.empty()) checker_.complaints().add(at, why);
    for (const auto& ability : info->hides)
      below.insert_or_assign(ability, Hider{kind, info->name});
    for (const auto& field : info->fields) {
      const auto specs = specs_of(spec, field);
      for (std::size_t i = 0; i < specs.size(); ++i) {
        const auto* own = node_of(node, field, i);
        check(field.kind, specs[i], own, own == nullptr ? at : own->at, below, /*is_nested=*/true);
      }
    }
  }

  static const Node* node_of(const Node* around, const FieldInfo& field, std::size_t index) {
    const Node* node = around == nullptr ? nullptr : around->find(field.name);
    if (node == nullptr || field.type != Type::kComponents) return node;
    return index < node->items.size() ? &node->items[index] : node;
  }

  // What an objective within another one hides is hidden too.
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
    else if (!stage_.components.contains(need.kind))
      check_presence(info, need, with, at);
    else if (!need.ability.empty())
      check_ability(info, need, with, at);
  }

  static std::string name_of(const ComponentInfo& info, const std::string& with) {
    return fmt::format("{} `{}`{}", info.kind, info.name, with.empty() ? "" : " with " + with);
  }

  // What the procedure needs itself is checked with the keys of the stage.
  void check_presence(const ComponentInfo& info, const Need& need, const std::string& with,
                      const Location& at) {
    if (need.optional || of_procedure_.contains(need.kind)) return;
    checker_.complaints().add(
        at, fmt::format("{} needs `{}:`; add it to the manifest", name_of(info, with), need.kind));
  }

  void check_field(const ComponentInfo& info, const FieldInfo& field, const Spec& spec,
                   const Location& at, const Hidden& hidden) {
    const auto it = spec.params.find(field.name);
    if (field.needs.empty() || it == spec.params.end()) return;
    const auto value = text_of(it->second);
    const auto with = fmt::format("`{}: {}`", field.name, value);
    const bool is_default = value == text_of(field.default_value);
    for (const auto& [key, need] : field.needs)
      if (key.empty() ? !is_default : key == value) check_need(info, need, with, at, hidden);
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
    const auto able = checker_.catalog().able(kind, ability);
    auto why =
        fmt::format("`{}` lacks it; {}", spec.use,
                    able.empty() ? fmt::format("no {} of the loaded plugins has it", kind)
                                 : fmt::format("those with it are {}", fmt::join(able, ", ")));
    for (const auto& field : info->fields) {
      if (kind != "dataset" || field.kind != kind) continue;
      why.clear();  // the inner one tells, if the manifest has a valid one
      for (const auto& nested : specs_of(spec, field))
        if (why.empty()) why = lack_of(kind, nested, ability);
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
      checker_.complaints().add(at, fmt::format("{} needs a {} with the ability {}, and {}",
                                                name_of(info, with), need.kind, need.ability, why));
  }

  // Two callbacks that decide on the same weights would have to be ordered silently.
  void check_only_one(const Spec& procedure, const ComponentInfo& info, const Location& at) {
    for (const auto& only :
         {std::pair<std::string, std::string>{"WeightLender", "lend weights for evaluation"},
          {"WeightChooser", "choose the final weights"}}) {
      const auto& ability = only.first;  // clang 14 captures no structured binding
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
                                                  fmt::join(able, "` and `"), only.second));
    }
  }

  void check_problem(const ComponentInfo& info, const std::string& ability, const std::string& with,
                     const Location& at, const Hidden& hidden) {
    auto it = hidden.find(ability);
    if (it == hidden.end() && ability == "Groups") it = hidden.find("Parts");
    if (it == hidden.end()) return;
    const auto& [kind, name] = it->second;
    if (!told_.emplace(&info, name).second) return;
    const auto what = ability == "Split"    ? "to split the batch"
                      : ability == "Again"  ? "to evaluate the loss again"
                      : ability == "Groups" ? "the separate groups of the loss"
                                            : "the separate terms or groups of the loss";
    const auto why =
        kind == "objective"
            ? fmt::format(", which objective `{}` does not allow: use another {}", name,
                          with.empty() ? info.kind : "value, or another objective")
            : fmt::format(
                  ", which `{}` around it does not pass on: swap the two, or use another "
                  "base for `{}`",
                  name, name);
    checker_.complaints().add(at, fmt::format("{} needs {}{}", name_of(info, with), what, why));
  }

  const Stage& stage_;
  const std::map<std::string, Node>& nodes_;
  Checker& checker_;
  std::set<std::string> of_procedure_;                           // kinds that the stage must have
  std::set<std::pair<const ComponentInfo*, std::string>> told_;  // by whom, and who hides it
};

}  // namespace

std::string why_not_nested(const ComponentInfo& optimizer) {
  const char* what = optimizer.has("WeightLender")      ? "lends weights for evaluation"
                     : optimizer.has("PosteriorHolder") ? "leaves a distribution of the weights"
                                                        : nullptr;
  if (what == nullptr) return "";
  return fmt::format("optimizer `{}` {}, so it must be the outermost optimizer of its stage",
                     optimizer.name, what);
}

std::set<std::string> list_taken_kinds(const ComponentInfo& procedure) {
  std::set<std::string> kinds{"procedure"};
  for (const auto& text : procedure.needs) kinds.insert(need_of(text).kind);
  return kinds;
}

void check_needs(const Stage& stage, const std::map<std::string, Node>& nodes,
                 const ComponentInfo& procedure, Checker& checker) {
  Needs needs(stage, nodes, procedure, checker);
  for (const auto& kind : list_taken_kinds(procedure)) needs.check(kind);
}

}  // namespace assay
