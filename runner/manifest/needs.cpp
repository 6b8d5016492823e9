#include "runner/manifest/needs.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace assay {
namespace {

bool contains(const Strings& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

class Needs {
 public:
  Needs(const Stage& stage, Checker& checker) : stage_(stage), checker_(checker) {}

  /// `hidden` has the ability of the problem that is hidden, and by which optimizer.
  void check(const std::string& kind, const Spec& spec, const Location& at,
             const std::map<std::string, std::string>& hidden, bool is_nested = false) {
    const auto* info = checker_.catalog().find(kind, spec.use);
    if (info == nullptr) return;
    for (const auto& text : info->needs) {
      const auto need = need_of(text);
      if (need.kind == "problem")
        check_problem(*info, need.ability, at, hidden);
      else if (!need.ability.empty())
        check_ability(*info, need, at);
    }
    if (kind == "procedure") check_only_one(spec, *info, at);
    auto below = hidden;
    if (is_nested && kind == "optimizer" && contains(info->abilities, "WeightLender"))
      checker_.complaints().add(
          at, fmt::format("optimizer `{}` lends weights for evaluation, which only the outermost "
                          "optimizer can do: put it around the others",
                          info->name));
    for (const auto& ability : info->hides) below.emplace(ability, info->name);
    for (const auto& field : info->fields)
      for (const auto& nested : specs_of(spec, field))
        check(field.kind, nested, at, below, /*is_nested=*/true);
  }

 private:
  static Specs specs_of(const Spec& spec, const FieldInfo& field) {
    const auto it = spec.params.find(field.name);
    if (it == spec.params.end()) return {};
    if (field.type == Type::kComponents) return std::get<Specs>(it->second);
    if (field.type != Type::kComponent || std::get<Spec>(it->second).use.empty()) return {};
    return {std::get<Spec>(it->second)};
  }

  // A dataset around another one, such as one with label noise, has its abilities.
  bool has(const std::string& kind, const Spec& spec, const std::string& ability) const {
    const auto* info = checker_.catalog().find(kind, spec.use);
    if (info == nullptr || contains(info->abilities, ability)) return true;
    if (kind != "dataset") return false;
    for (const auto& field : info->fields)
      for (const auto& nested : specs_of(spec, field))
        if (field.kind == kind && has(kind, nested, ability)) return true;
    return false;
  }

  void check_ability(const ComponentInfo& info, const Need& need, const Location& at) {
    const auto it = stage_.components.find(need.kind);
    if (it == stage_.components.end() || has(need.kind, it->second, need.ability)) return;
    checker_.complaints().add(
        at, fmt::format("{} `{}` needs a {} with the ability {}, and `{}` lacks it; those with it "
                        "are {}",
                        info.kind, info.name, need.kind, need.ability, it->second.use,
                        fmt::join(checker_.catalog().able(need.kind, need.ability), ", ")));
  }

  // Two callbacks that decide on the same weights would have to be ordered silently.
  void check_only_one(const Spec& procedure, const ComponentInfo& info, const Location& at) {
    for (const auto& [ability, does] :
         {std::pair<std::string, std::string>{"WeightLender", "lend weights for evaluation"},
          {"WeightChooser", "choose the final weights"}}) {
      Strings able;
      for (const auto& field : info.fields)
        for (const auto& nested : specs_of(procedure, field))
          if (const auto* one = checker_.catalog().find(field.kind, nested.use);
              one != nullptr && field.kind == "callback" && contains(one->abilities, ability))
            able.push_back(nested.use);
      const auto it = stage_.components.find("optimizer");
      if (it != stage_.components.end())
        if (const auto* one = checker_.catalog().find("optimizer", it->second.use);
            one != nullptr && contains(one->abilities, ability))
          able.push_back(it->second.use);
      if (able.size() > 1)
        checker_.complaints().add(at, fmt::format("`{}` {}; only one of a training may: remove "
                                                  "the others",
                                                  fmt::join(able, "` and `"), does));
    }
  }

  void check_problem(const ComponentInfo& info, const std::string& ability, const Location& at,
                     const std::map<std::string, std::string>& hidden) {
    const auto it = hidden.find(ability);
    if (it == hidden.end()) return;
    checker_.complaints().add(
        at, fmt::format("optimizer `{}` needs {}, which `{}` around it does not pass on: swap the "
                        "two, or use another base for `{}`",
                        info.name,
                        ability == "Split"   ? "to split the batch"
                        : ability == "Again" ? "to evaluate the loss again"
                                             : "the separate terms or groups of the loss",
                        it->second, it->second));
  }

  const Stage& stage_;
  Checker& checker_;
};

}  // namespace

void check_needs(const Stage& stage, const ComponentInfo& procedure, Checker& checker) {
  Needs needs(stage, checker);
  const auto check = [&](const std::string& kind) {
    const auto it = stage.components.find(kind);
    if (it != stage.components.end()) needs.check(kind, it->second, stage.places.at(kind), {});
  };
  check("procedure");
  for (const auto& text : procedure.needs) check(need_of(text).kind);
}

}  // namespace assay
