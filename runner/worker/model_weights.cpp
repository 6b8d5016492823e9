#include "runner/worker/model_weights.h"

#include "assay/error.h"
#include "assay/schema.h"
#include "assay/sdk/weights.h"

namespace assay {
namespace {

std::vector<WeightRule> rules_of(const Model& model, const InitialWeights& weights) {
  std::vector<WeightRule> rules;
  for (const auto& [from, to] : weights.take) rules.push_back({from, {to}});
  if (weights.names.empty()) return rules;
  const auto* importable = dynamic_cast<const Importable*>(&model);
  const auto known =
      importable == nullptr ? decltype(importable->conventions())() : importable->conventions();
  const auto it = known.find(weights.names);
  if (it != known.end()) return it->second;
  Strings names;
  for (const auto& [name, its_rules] : known) names.push_back(name);
  throw Error(ErrorKind::kParameter, "`names` is `" + weights.names + "`; the model knows " +
                                         (names.empty() ? "none" : listed(names)));
}

// `step`, of which an error is about the part `path` of a manifest.
template <class Step>
void about(const char* path, const Step& step) try {
  step();
} catch (const Error& error) {
  throw Error(error.kind(), error.what(), path);
}

std::string hint(const InitialWeights& weights) {
  return weights.take.empty() ? "; `take` renames tensors, and `new` has those of the model that "
                                "stay as they are initialized"
                              : "; `take` leaves out what none of its patterns matches, and `new` "
                                "has what stays as it is initialized";
}

void expect_matches(const InitialWeights& weights, const TensorMap& given) {
  Strings patterns, names;
  for (const auto& [from, to] : weights.take) patterns.push_back(from);
  for (const auto& [name, tensor] : given) names.push_back(name);
  check_patterns(patterns, names, "take");
}

}  // namespace

void set_weights(Model& model, const TensorMap& weights, const std::string& source) {
  load_weights(model, weights, {}, source, ErrorKind::kCorrupt);
}

TensorMap read_given_weights(const InitialWeights& weights, const Inputs& inputs) try {
  if (weights.empty()) return {};
  return weights.file.empty() ? inputs.weights(weights.stage) : read_weights(weights.file);
} catch (const Error& error) {
  throw Error(error.kind(), error.what(), "weights");
}

void set_initial_weights(Model& model, const InitialWeights& weights, const TensorMap& given) try {
  if (weights.empty()) return;
  about("weights.take", [&] { expect_matches(weights, given); });
  WeightPlan plan{{}, weights.kept, !weights.take.empty()};
  about("weights.names", [&] { plan.rules = rules_of(model, weights); });
  load_weights(
      model, given, plan,
      weights.stage.empty() ? weights.file : "the weights of stage `" + weights.stage + "`");
} catch (const Error& error) {
  const bool misfits = error.kind() == ErrorKind::kData && error.path().empty();
  throw Error(error.kind(), error.what() + (misfits ? hint(weights) : std::string()),
              error.path().empty() ? "weights" : error.path());
}

bool has_new_outputs(Model& model, const Strings& kept) {
  auto* head = dynamic_cast<LinearHead*>(&model);
  if (head == nullptr) return !kept.empty();
  const auto weight = head->head().weight;
  for (const auto& item : model.named_parameters())
    if (item.value().is_same(weight)) return matches_any(item.key(), kept);
  return !kept.empty();
}

void check_same_classes(const InitialWeights& weights, const Info& earlier, const Info& own) {
  if (earlier.classes != own.classes) return;
  try {
    check_same_outputs(earlier, own, weights.stage);
  } catch (const Error& error) {
    throw Error(error.kind(),
                std::string(error.what()) +
                    ", or let the last layer start anew: list it in `new`; `weights: none` takes "
                    "nothing over",
                "weights");
  }
}

}  // namespace assay
