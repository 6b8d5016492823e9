#include "runner/manifest/earlier.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "assay/needs.h"
#include "runner/manifest/components.h"
#include "runner/manifest/initial_weights.h"

namespace assay {
namespace {

constexpr const char* kSelected = "ids";  // the artifact that `subset` reads

const Spec* model_of(const Stage& stage) {
  const auto it = stage.components.find("model");
  return it == stage.components.end() ? nullptr : &it->second;
}

// What the components of a stage leave for later stages.
Strings artifacts_of(const Stage& stage, const Catalog& catalog) {
  Strings all;
  for (const auto& [kind, spec] : stage.components)
    for_components(catalog, kind, spec, kind,
                   [&](const auto&, const Spec&, const auto* info, const auto&) {
                     if (info == nullptr) return;
                     all.insert(all.end(), info->artifacts.begin(), info->artifacts.end());
                   });
  return all;
}

// The stages that a field names.
Strings stages_in(const Value& value) {
  if (const auto* several = std::get_if<Strings>(&value)) return *several;
  const auto* one = std::get_if<std::string>(&value);
  return one == nullptr || one->empty() ? Strings() : Strings{*one};
}

// Calls visit(field, value, path) for each field of the stage's components that names stages.
template <class Visit>
void for_stage_fields(const Stage& stage, const Catalog& catalog, const Visit& visit) {
  for (const auto& [kind, spec] : stage.components)
    for_components(catalog, kind, spec, kind,
                   [&](const auto&, const Spec& one, const auto* info, const std::string& path) {
                     if (info == nullptr) return;
                     for (const auto& field : info->fields)
                       if (const auto it = one.params.find(field.name);
                           field.kind == kStage && it != one.params.end())
                         visit(field, it->second, path + "." + field.name);
                   });
}

class Earlier {
 public:
  Earlier(const Named& named, const std::vector<Named>& all, Checker& checker)
      : named_(named), all_(all), checker_(checker) {}

  InitialWeights weights() const {
    const auto* model = model_of(named_.stage);
    if (const Node* node = named_.own->find("weights"))
      return read_initial_weights(*node, named_.after, model, checker_);
    // Those of the last stage before it that has the same model.
    InitialWeights found;
    if (model == nullptr) return found;
    for (const auto& before : named_.after) {
      const auto* other = stage(before);  // null if the manifest has no map for it
      const auto* its_model = other == nullptr ? nullptr : model_of(*other);
      if (its_model != nullptr && *its_model == *model) found.stage = before;
    }
    return found;
  }

  // Numbers of random weights would look like those of a trained model.
  void check_weights(const InitialWeights& weights) const {
    const auto it = named_.stage.components.find("procedure");
    if (it == named_.stage.components.end() || !weights.empty() ||
        named_.own->find("weights") != nullptr)
      return;
    const auto* info = checker_.catalog().find("procedure", it->second.use);
    if (info == nullptr ||
        std::find(info->needs.begin(), info->needs.end(), kTrainedWeights) == info->needs.end())
      return;
    checker_.complaints().add(
        *place_of(named_.stage, "procedure"),
        fmt::format("procedure `{}` takes a trained model, and {}: add `weights:` with a stage of "
                    "`after` or a file, or `weights: none` for the weights that the model starts "
                    "with",
                    info->name,
                    named_.after.empty() ? "this stage comes after none"
                                         : "no stage of `after` has the same model"));
  }

  std::string subset() const {
    const Node* node = named_.own->find("subset");
    if (node == nullptr) return "";
    if (std::find(named_.after.begin(), named_.after.end(), node->text) == named_.after.end()) {
      checker_.complaints().add(
          node->at, fmt::format("`subset` is {}, expected a stage of `after`", node->describe()));
      return "";
    }
    check_leaves(node->text, kSelected, "`subset`", node->at);
    return node->text;
  }

  // Returns the stages whose models the fields read.
  Strings check_fields() const {
    Strings models;
    for_stage_fields(named_.stage, checker_.catalog(),
                     [&](const FieldInfo& field, const Value& value, const std::string& path) {
                       check_field(field, value, path);
                       const auto names = stages_in(value);
                       if (field.artifact == kFinalWeights)
                         models.insert(models.end(), names.begin(), names.end());
                     });
    return models;
  }

 private:
  const Stage* stage(const std::string& name) const {
    const auto it = std::find_if(all_.begin(), all_.end(),
                                 [&](const Named& one) { return one.stage.name == name; });
    return it == all_.end() ? nullptr : &it->stage;
  }

  void check_field(const FieldInfo& field, const Value& value, const std::string& path) const {
    const auto names = stages_in(value);
    if (names.empty() && field.required)
      checker_.complaints().add(*place_of(named_.stage, path),
                                fmt::format("`{}` is empty: {}", field.name, field.doc));
    for (const auto& name : names) {
      const auto& at = *place_of(named_.stage, path);
      if (std::find(named_.after.begin(), named_.after.end(), name) != named_.after.end()) {
        check_leaves(name, field.artifact, fmt::format("`{}`", field.name), at);
        continue;
      }
      const auto near = nearest(name, named_.after);
      checker_.complaints().add(
          at, fmt::format("`{}` is `{}`, which is no stage of `after`{}", field.name, name,
                          near.empty()
                              ? (named_.after.empty()
                                     ? std::string("; there is none")
                                     : fmt::format("; those are {}", fmt::join(named_.after, ", ")))
                              : "; did you mean `" + near + "`?"));
    }
  }

  void check_leaves(const std::string& name, const std::string& artifact, const std::string& what,
                    const Location& at) const {
    const auto* other = stage(name);
    if (other == nullptr) return;
    if (artifact == kFinalWeights) {
      if (model_of(*other) == nullptr)
        checker_.complaints().add(
            at, fmt::format("{} reads the weights of stage `{}`, which has no model", what, name));
      return;
    }
    const auto left = artifacts_of(*other, checker_.catalog());
    if (is_declared(artifact, left)) return;
    checker_.complaints().add(
        at, fmt::format(
                "{} reads the artifact `{}` of stage `{}`, which leaves {}", what, artifact, name,
                left.empty() ? std::string("none") : fmt::format("{}", fmt::join(left, ", "))));
  }

  const Named& named_;
  const std::vector<Named>& all_;
  Checker& checker_;
};

}  // namespace

Strings after_of(const Node& own, const Strings& names, Checker& checker) {
  const Node* after = own.find("after");
  Strings found;
  if (after == nullptr) return found;
  std::vector<const Node*> items;
  if (after->is_scalar()) items.push_back(after);
  for (const auto& item : after->items) items.push_back(&item);
  if (!after->is_scalar() && !after->is_list())
    checker.complaints().add(
        after->at, "`after` is " + after->describe() + ", expected a stage or a list of stages");
  for (const Node* item : items) {
    if (std::find(names.begin(), names.end(), item->text) != names.end()) {
      found.push_back(item->text);
      continue;
    }
    const auto near = nearest(item->text, names);
    checker.complaints().add(item->at, "there is no stage `" + item->text + "`" +
                                           (near.empty() ? "" : "; did you mean `" + near + "`?"));
  }
  return found;
}

void take_from_earlier(Named& named, const std::vector<Named>& all, Checker& checker) {
  const Earlier earlier(named, all, checker);
  named.stage.weights = earlier.weights();
  earlier.check_weights(named.stage.weights);
  named.stage.subset = earlier.subset();
  named.stage.models = earlier.check_fields();
  if (const auto& from = named.stage.weights.stage; !from.empty())
    named.stage.models.push_back(from);
}

void check_distinct_stages(const Trial& trial, const Catalog& catalog, Complaints& complaints) {
  for (const auto& stage : trial.stages)
    for_stage_fields(
        stage, catalog, [&](const FieldInfo& field, const Value& value, const std::string& path) {
          std::map<std::string, std::string> seen;  // identity -> name
          for (const auto& name : stages_in(value)) {
            const auto& id = stage.after.at(name);
            const auto [first, fresh] = seen.emplace(id, name);
            if (fresh || first->second == name) continue;
            complaints.add(
                *place_of(stage, path),
                fmt::format("`{}` has `{}` and `{}`, which are the same training: give "
                            "each a seed of its own, such as `seed: {{of: member, k: 1}}`",
                            field.name, first->second, name));
          }
        });
}

}  // namespace assay
