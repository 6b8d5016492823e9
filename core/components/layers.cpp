#include "assay/sdk/layers.h"

#include <algorithm>
#include <set>

#include "assay/error.h"

namespace assay {

namespace {

std::string layer_of(const std::string& parameter) {
  return parameter.substr(0, parameter.rfind('.'));
}

}  // namespace

NamedTensors last_layers(const Model& model, std::int64_t count) {
  const auto all = model.named_parameters();
  std::set<std::string> layers;  // those that are counted
  for (const auto& item : all)
    if (item.value().requires_grad() && item.value().dim() > 1) layers.insert(layer_of(item.key()));
  if (std::ssize(layers) < count)
    throw Error(ErrorKind::kParameter,
                "`layers` is " + std::to_string(count) + ", but the model has only " +
                    std::to_string(layers.size()) + " layers with trainable parameters");
  NamedTensors chosen;
  std::set<std::string> seen;
  for (auto k = all.size(); k-- > 0;) {
    const auto& [name, tensor] = all[k].pair();
    if (!tensor.requires_grad()) continue;
    const auto layer = layer_of(name);
    if (count > 0 && std::ssize(seen) == count && !seen.contains(layer)) break;
    if (layers.contains(layer)) seen.insert(layer);
    chosen.emplace_back(name, tensor);
  }
  std::reverse(chosen.begin(), chosen.end());
  return chosen;
}

bool is_frozen(const torch::nn::Module& module) {
  const auto own = module.parameters();
  return !own.empty() &&
         std::none_of(own.begin(), own.end(), [](const auto& w) { return w.requires_grad(); });
}

}  // namespace assay
