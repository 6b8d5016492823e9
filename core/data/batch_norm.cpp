#include "assay/sdk/batch_norm.h"

#include <torch/nn/modules/batchnorm.h>

#include "assay/sdk/layers.h"
#include "assay/sdk/problem_view.h"
#include "assay/sdk/tensors.h"
#include "assay/sdk/training.h"

namespace assay {
namespace {

// Sets one module to cumulative means, and back.
template <class Norm>
class Cumulative {
 public:
  explicit Cumulative(Norm& norm)
      : norm_(norm), momentum_(norm.options.momentum()), was_training_(norm.is_training()) {
    norm_.options.momentum(std::nullopt);
    norm_.reset_running_stats();
    norm_.train();
  }
  ~Cumulative() {
    norm_.options.momentum(momentum_);
    norm_.train(was_training_);
  }
  Cumulative(const Cumulative&) = delete;

 private:
  Norm& norm_;
  std::optional<double> momentum_;
  bool was_training_;
};

// Holds what restores the modules of one type. Norms of layers that are not trained keep their
// statistics.
template <class Norm>
void make_cumulative(Model& model, std::vector<std::shared_ptr<void>>& held) {
  for (const auto& module : model.modules(/*include_self=*/false))
    if (auto* norm = dynamic_cast<Norm*>(module.get()); norm != nullptr)
      if (norm->running_mean.defined() && !is_frozen(*norm))
        held.push_back(std::make_shared<Cumulative<Norm>>(*norm));
}

}  // namespace

Tensors batch_norm_buffers(Model& model, const Tensors& weights, const Dataset& dataset,
                           std::int64_t batch, const Context& context) {
  const torch::NoGradGuard no_grad;
  const auto buffers = model.buffers();
  const RestoredTensors restored(buffers);
  const EvalMode mode(model);
  std::vector<std::shared_ptr<void>> held;
  make_cumulative<torch::nn::BatchNorm1dImpl>(model, held);
  make_cumulative<torch::nn::BatchNorm2dImpl>(model, held);
  make_cumulative<torch::nn::BatchNorm3dImpl>(model, held);
  if (held.empty()) return restored.before();
  const ScopedWeights lent(model.parameters(), weights);
  // In order of the ids, batches may be of one class or domain, and have too small variances.
  const auto stream = context.rng.fork("batch_norm");
  Batches order(dataset.ids(Split::kTrain), batch, stream);
  for (std::int64_t k = 0; k < order.per_epoch(); ++k) {
    const auto drawn = order.at(k);
    if (drawn.ids.size() < 2) continue;
    const auto here = context.with(stream.fork(static_cast<std::uint64_t>(k)));
    model.forward(to_device(dataset.load(drawn.ids, here), context.device));
  }
  return clone(buffers);
}

}  // namespace assay
