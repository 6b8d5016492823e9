#include "assay/sdk/scoped_weights.h"

#include "assay/error.h"
#include "assay/sdk/tensors.h"

namespace assay {

ScopedWeights::ScopedWeights(const Tensors& weights, const Tensors& there) : weights_(weights) {
  bool alike = weights.size() == there.size();
  for (std::size_t i = 0; alike && i < weights.size(); ++i)
    alike = weights[i].sizes() == there[i].sizes() && weights[i].dtype() == there[i].dtype() &&
            weights[i].device() == there[i].device();
  if (!alike)
    throw Error(ErrorKind::kShape,
                "other weights than the model's must have its shapes, types and device");
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    start_.push_back(weights_[i].detach());
    weights_[i].set_data(there[i]);
  }
}

ScopedWeights::~ScopedWeights() {
  for (std::size_t i = weights_.size(); i-- > 0;) weights_[i].set_data(start_[i]);
}

RestoredTensors::RestoredTensors(Tensors tensors)
    : tensors_(std::move(tensors)), before_(clone(tensors_)) {}

RestoredTensors::~RestoredTensors() {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < tensors_.size(); ++i) tensors_[i].copy_(before_[i]);
}

}  // namespace assay
