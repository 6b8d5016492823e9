#include "runner/worker/component_state.h"

#include <fmt/core.h>

#include "assay/schema.h"
#include "runner/worker/crash.h"
#include "runner/worker/model_weights.h"

namespace assay {
namespace {

constexpr const char* kNested = "nested";  // no kind of component is called so
constexpr const char *kWeights = "weights", *kState = "state";

std::map<std::string, Stateful*> stateful(const Assembly& assembly, const Job& job) {
  const Parts& parts = assembly.parts;
  std::map<std::string, Stateful*> all{{"procedure", assembly.procedure.get()}};
  if (parts.optimizer) all["optimizer"] = parts.optimizer.get();
  if (parts.objective) all["objective"] = parts.objective.get();
  if (auto* model = dynamic_cast<Stateful*>(parts.model.get())) all["model"] = model;
  for (const auto& [kind, part] : parts.others) {
    const auto& entry = assembly.registry.find(kind, job.components.at(kind).use);
    if (auto* own = entry.stateful ? entry.stateful(part.made.get()) : nullptr) all[kind] = own;
  }
  return all;
}

// Calls step(model, name) for each model within another component.
template <class Step>
void for_nested(const Assembly& assembly, const Step& step) {
  for (const auto& [kind, models] : assembly.nested)
    for (std::size_t i = 0; i < models.size(); ++i)
      step(*models[i], fmt::format("{}.{}.{}", kNested, kind, i));
}

}  // namespace

void save_components(const Assembly& assembly, const Job& job, State& into) {
  for (const auto& [name, component] : stateful(assembly, job)) into.put_nested(name, *component);
  for_nested(assembly, [&](const Model& model, const std::string& name) {
    State own;
    for (const auto& [tensor, value] : weights_of(model))
      own.put(std::string(kWeights) + "." + tensor, value);
    if (const auto* more = dynamic_cast<const Stateful*>(&model)) own.put_nested(kState, *more);
    into.put_nested(name, own);
  });
}

void load_component(Stateful& component, const std::string& name, const State& state) {
  set_crash_place("load() of the " + name);
  component.load(state);
  if (const auto left = state.unread(); !left.empty())
    throw Error(
        ErrorKind::kPlugin,
        fmt::format("load() of the {} does not read what its save() wrote: {}", name, listed(left)),
        name);
}

void load_nested_model(Model& model, const std::string& name, const State& state) {
  set_weights(model, state.nested(kWeights).tensors(), "the checkpoint's " + name);
  if (auto* more = dynamic_cast<Stateful*>(&model))
    load_component(*more, name, state.nested(kState));
}

void load_components(Assembly& assembly, const Job& job, const State& saved) {
  for (const auto& [name, component] : stateful(assembly, job))
    load_component(*component, name, saved.nested(name));
  for_nested(assembly, [&](Model& model, const std::string& name) {
    load_nested_model(model, name, saved.nested(name));
  });
}

}  // namespace assay
