#include "runner/manifest/earlier.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "runner/manifest/initial_weights.h"

namespace assay {
namespace {

constexpr const char* kSelected = "ids";  // the artifact that `subset` reads

const Spec* model_of(const Stage& stage) {
  const auto it = stage.components.find("model");
  return it == stage.components.end() ? nullptr : &it->second;
}

// What a component and those within it leave for later stages.
void add_artifacts(const std::string& kind, const Spec& spec, const Catalog& catalog,
                   Strings& into) {
  const auto* info = catalog.find(kind, spec.use);
  if (info == nullptr) return;
  into.insert(into.end(), info->artifacts.begin(), info->artifacts.end());
  for (const auto& field : info->fields) {
    const auto it = spec.params.find(field.name);
    if (it == spec.params.end()) continue;
    if (const auto* nested = std::get_if<Spec>(&it->second))
      add_artifacts(field.kind, *nested, catalog, into);
    if (const auto* list = std::get_if<Specs>(&it->second))
      for (const auto& one : *list) add_artifacts(field.kind, one, catalog, into);
  }
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

  void check_fields() const {
    for (const auto& [kind, spec] : named_.stage.components) check_fields(kind, spec, kind);
  }

 private:
  const Stage* stage(const std::string& name) const {
    const auto it = std::find_if(all_.begin(), all_.end(),
                                 [&](const Named& one) { return one.stage.name == name; });
    return it == all_.end() ? nullptr : &it->stage;
  }

  void check_fields(const std::string& kind, const Spec& spec, const std::string& path) const {
    const auto* info = checker_.catalog().find(kind, spec.use);
    if (info == nullptr) return;
    for (const auto& field : info->fields) {
      const auto it = spec.params.find(field.name);
      if (it == spec.params.end()) continue;
      const auto below = path + "." + field.name;
      if (field.kind == kStage) check_field(field, it->second, below);
      if (const auto* nested = std::get_if<Spec>(&it->second))
        check_fields(field.kind, *nested, below);
      if (const auto* list = std::get_if<Specs>(&it->second))
        for (std::size_t i = 0; i < list->size(); ++i)
          check_fields(field.kind, (*list)[i], below + "." + std::to_string(i));
    }
  }

  void check_field(const FieldInfo& field, const Value& value, const std::string& path) const {
    Strings names;
    if (const auto* one = std::get_if<std::string>(&value); one != nullptr && !one->empty())
      names = {*one};
    if (const auto* several = std::get_if<Strings>(&value)) names = *several;
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
    Strings left;
    for (const auto& [kind, spec] : other->components)
      add_artifacts(kind, spec, checker_.catalog(), left);
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
  named.stage.subset = earlier.subset();
  earlier.check_fields();
}

}  // namespace assay
