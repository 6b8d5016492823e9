#include "runner/manifest/earlier.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "assay/needs.h"
#include "runner/manifest/components.h"
#include "runner/manifest/initial_weights.h"
#include "runner/manifest/needs.h"

namespace assay {
namespace {

constexpr const char* kSelected = "ids";  // the artifact that `subset` reads

const Spec* model_of(const Stage& stage) {
  const auto it = stage.components.find("model");
  return it == stage.components.end() ? nullptr : &it->second;
}

// Calls visit(artifact, name, path) for each artifact that a component of the stage leaves for
// later stages, of those that its procedure takes.
template <class Visit>
void for_artifacts(const Stage& stage, const Catalog& catalog, const Visit& visit) {
  const auto it = stage.components.find("procedure");
  const auto* procedure =
      it == stage.components.end() ? nullptr : catalog.find("procedure", it->second.use);
  const auto taken = procedure == nullptr ? std::set<std::string>() : list_taken_kinds(*procedure);
  for (const auto& [kind, spec] : stage.components)
    if (taken.contains(kind))
      for_components(catalog, kind, spec, kind,
                     [&](const auto&, const Spec& one, const auto* info, const std::string& path) {
                       if (info == nullptr) return;
                       for (const auto& artifact : info->artifacts) visit(artifact, one.use, path);
                     });
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

// Whose samples the ids of a component are: what it is and which files it reads, without datasets
// around it, which keep the ids, and its other parameters, which do not name samples.
Spec source_of(const Spec& dataset, const Catalog& catalog) {
  const auto* info = catalog.find("dataset", dataset.use);
  Spec source{dataset.use, {}};
  if (info == nullptr) return source;
  for (const auto& field : info->fields) {
    const auto it = dataset.params.find(field.name);
    if (it == dataset.params.end()) continue;
    if (field.kind == "dataset")
      if (const auto* inner = std::get_if<Spec>(&it->second)) return source_of(*inner, catalog);
    if (field.type == Type::kPath) source.params[field.name] = it->second;
  }
  return source;
}

class Earlier {
 public:
  Earlier(const Named& named, const std::vector<Named>& all, Checker& checker)
      : named_(named), all_(all), checker_(checker) {}

  InitialWeights weights(const Strings& read) const {
    const auto* model = model_of(named_.stage);
    if (const Node* node = named_.own->find("weights")) {
      const auto weights = read_initial_weights(*node, named_.after, model, checker_);
      if (needs("weights/All") && !weights.kept.empty())
        complain(
            fmt::format("procedure `{}` takes a trained model, of which `new` leaves a part "
                        "untrained: train it in a stage before",
                        named_.stage.components.at("procedure").use));
      return weights;
    }
    Strings trained;  // stages with a model
    for (const auto& before : named_.after)
      if (const auto* other = stage(before); other != nullptr && model_of(*other) != nullptr)
        trained.push_back(before);
    if (model == nullptr || !(needs("model") || needs("model?"))) return {};
    if (trained.empty()) {
      ask_for_weights();
      return {};
    }
    InitialWeights found;
    if (const auto why = why_unclear(*model, trained, read); why.empty())
      found.stage = trained.front();
    else
      complain(
          fmt::format("it is not clear with which weights the model of stage `{}` starts, since "
                      "{}: add `weights:` with {}, or `weights: none` for new ones",
                      named_.stage.name, why,
                      trained.size() == 1 ? "`" + trained.front() + "`"
                                          : fmt::format("one of {}", fmt::join(trained, ", "))));
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
    const auto* other = stage(node->text);
    if (other != nullptr && !have_same_samples(*other, named_.stage))
      checker_.complaints().add(
          node->at, fmt::format("stage `{}` selects from another dataset than that of this stage: "
                                "its ids would name other samples",
                                node->text));
    return node->text;
  }

  /// Two components that leave one artifact: the second would replace that of the first.
  void check_artifacts() const {
    std::map<std::string, std::string> seen;  // artifact -> component
    for_artifacts(
        named_.stage, checker_.catalog(),
        [&](const std::string& artifact, const std::string& name, const std::string& path) {
          if (const auto [first, fresh] = seen.emplace(artifact, name); !fresh)
            checker_.complaints().add(
                *place_of(named_.stage, path),
                fmt::format("`{}` and `{}` both leave the artifact `{}`: remove one of "
                            "them, or train each in a stage of its own",
                            first->second, name, artifact));
        });
  }

  void check_fields() const {
    for_stage_fields(named_.stage, checker_.catalog(),
                     [&](const FieldInfo& field, const Value& value, const std::string& path) {
                       check_field(field, value, path);
                     });
  }

  // The stages with a model of which the fields read this artifact.
  Strings list_read(const std::string& artifact) const {
    Strings stages;
    for_stage_fields(named_.stage, checker_.catalog(),
                     [&](const FieldInfo& field, const Value& value, const std::string&) {
                       if (field.artifact != artifact) return;
                       for (const auto& name : stages_in(value))
                         if (const auto* other = stage(name); other != nullptr && model_of(*other))
                           stages.push_back(name);
                     });
    return stages;
  }

 private:
  void complain(const std::string& what) const {
    checker_.complaints().add(*place_of(named_.stage, "procedure"), what);
  }

  // A dataset that reads another stage, such as one of features, may have the ids of that one's.
  bool have_same_samples(const Stage& a, const Stage& b) const {
    const auto of_a = a.components.find("dataset"), of_b = b.components.find("dataset");
    if (of_a == a.components.end() || of_b == b.components.end()) return true;
    const auto source_a = source_of(of_a->second, checker_.catalog()),
               source_b = source_of(of_b->second, checker_.catalog());
    return source_a == source_b || reads_stage(source_a) || reads_stage(source_b);
  }

  bool reads_stage(const Spec& dataset) const {
    const auto* info = checker_.catalog().find("dataset", dataset.use);
    return info != nullptr &&
           std::any_of(info->fields.begin(), info->fields.end(),
                       [](const FieldInfo& field) { return field.kind == kStage; });
  }

  // Whether the procedure has this need, or one of this kind with an ability.
  bool needs(const std::string& need) const {
    const auto it = named_.stage.components.find("procedure");
    const auto* info = it == named_.stage.components.end()
                           ? nullptr
                           : checker_.catalog().find("procedure", it->second.use);
    return info != nullptr &&
           std::any_of(info->needs.begin(), info->needs.end(), [&](const std::string& one) {
             return one == need || one.starts_with(need + "/");
           });
  }

  // Numbers of random weights would look like those of a trained model.
  void ask_for_weights() const {
    const Node* after = named_.own->find("after");
    // Of stages that do not exist.
    const bool told =
        after != nullptr && named_.after.empty() && (after->is_scalar() || !after->items.empty());
    if (needs(kTrainedWeights) && !told)
      complain(
          fmt::format("procedure `{}` takes a trained model, and no stage of `after` has one: "
                      "add `weights:` with such a stage or a file, or `weights: none` for the "
                      "weights that the model starts with",
                      named_.stage.components.at("procedure").use));
  }

  // Why the weights of a stage before may be meant or not, or "". `read` are the stages whose
  // models the fields of this one read.
  std::string why_unclear(const Spec& model, const Strings& trained, const Strings& read) const {
    if (trained.size() > 1)
      return fmt::format("the stages {} have models", fmt::join(trained, " and "));
    const auto& only = trained.front();
    if (!(*model_of(*stage(only)) == model))
      return fmt::format("stage `{}` has a model with other parameters", only);
    if (std::find(read.begin(), read.end(), only) != read.end())
      return fmt::format("a field of this stage reads the model of stage `{}` too", only);
    return "";
  }

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
    Strings left;
    for_artifacts(*other, checker_.catalog(),
                  [&](const std::string& one, const auto&, const auto&) { left.push_back(one); });
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
      if (std::find(found.begin(), found.end(), item->text) == found.end())
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
  earlier.check_artifacts();
  earlier.check_fields();
  auto& models = named.stage.models;
  models = earlier.list_read(kFinalWeights);
  named.stage.weights = earlier.weights(models);
  named.stage.subset = earlier.subset();
  if (const auto& from = named.stage.weights.stage; !from.empty()) models.push_back(from);
  // A posterior is of the parameters of a model, but does not say whose weights are meant.
  for (const auto& from : earlier.list_read(kPosterior)) models.push_back(from);
}

void check_distinct_stages(const Trial& trial, const Catalog& catalog, Complaints& complaints) {
  for (const auto& stage : trial.stages)
    for_stage_fields(
        stage, catalog, [&](const FieldInfo& field, const Value& value, const std::string& path) {
          if (field.artifact != kFinalWeights) return;
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
