#include "assay/layers.h"

#include <algorithm>

#include "assay/error.h"

namespace assay {

NamedTensors last_layers(const Model& model, std::int64_t count) {
  NamedTensors chosen;
  std::vector<std::string> layers;
  const auto all = model.named_parameters();
  for (auto k = all.size(); k-- > 0;) {
    const auto& [name, tensor] = all[k].pair();
    if (!tensor.requires_grad()) continue;
    const auto layer = name.substr(0, name.rfind('.'));
    if (std::find(layers.begin(), layers.end(), layer) == layers.end()) {
      if (count > 0 && std::ssize(layers) == count) break;
      layers.push_back(layer);
    }
    chosen.emplace_back(name, tensor);
  }
  if (std::ssize(layers) < count)
    throw Error(ErrorKind::kParameter, "`layers` is " + std::to_string(count) +
                                           ", and the model has " + std::to_string(layers.size()) +
                                           " that are trained");
  std::reverse(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace assay
