// Models: trained ones and fitted ones.
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/mse_loss.h>

#include "core/runtime/runtime.h"
#include "runner/conformance/owed.h"
#include "runner/conformance/trial.h"
#include "runner/conformance/watches.h"

namespace assay::conformance {
namespace {

using testing::copies;
using testing::same;

std::shared_ptr<Model> born_of(const Registry& registry, const Entry& entry, const Dataset& data,
                               std::uint64_t seed) {
  seed_default_generators(Rng(seed), torch::kCPU);
  return testing::build<Model>(registry, entry, data);
}

struct Fit {
  Tensors buffers;
  torch::Tensor logits;
};

// At step `stop` the buffers are carried over into a new model.
Fit fit(const Registry& registry, const Entry& entry, const Dataset& data, std::int64_t stop) {
  const Context context{torch::kCPU, Rng(1), nullptr};
  const auto batch = data.load(data.ids(Split::kTrain), context);
  const Samples samples{"train", batch.input, batch.target};
  auto model = born_of(registry, entry, data, 1);
  bool more = true;
  for (std::int64_t step = 0; more && step < dynamic_cast<Fitted&>(*model).steps(); ++step) {
    if (step == stop) {
      const auto before = std::exchange(model, born_of(registry, entry, data, 1));
      const auto from = before->buffers(), to = model->buffers();
      for (std::size_t k = 0; k < from.size(); ++k) to[k].resize_(from[k].sizes()).copy_(from[k]);
      if (const auto* state = dynamic_cast<const Stateful*>(before.get()))
        testing::hand_over(*state, dynamic_cast<Stateful&>(*model));
    }
    more = dynamic_cast<Fitted&>(*model).fit(step, samples, context);
  }
  return {copies(model->buffers()), model->forward(batch).logits};
}

void test_fitted(const Registry& registry, const Entry& entry, const Dataset& data, Owed& owed) {
  const auto whole = fit(registry, entry, data, -1);
  owed.expect(same(whole.buffers, fit(registry, entry, data, -1).buffers),
              "fitting it twice gives other buffers");
  const auto resumed = fit(registry, entry, data, 1);
  owed.expect(same(whole.buffers, resumed.buffers) && same({whole.logits}, {resumed.logits}),
              "resuming after step 1 gives another model: what it learns is not all in its buffers "
              "and state");
  owed.expect(
      whole.logits.dim() == 2 && whole.logits.size(0) == std::ssize(data.ids(Split::kTrain)),
      "its logits are not [B, classes]");
  owed.expect(whole.logits.isfinite().all().item<bool>(), "its logits are not finite");
}

// A loss of what the model gives, by which every parameter should be reached.
torch::Tensor loss_of(const torch::Tensor& logits, const Batch& batch) {
  return batch.target.is_floating_point() ? at::mse_loss(logits, batch.target)
                                          : at::cross_entropy_loss(logits, batch.target);
}

void test_gradients(Model& model, const Batch& batch, Owed& owed) {
  owed.expect(!model.parameters().empty(),
              "it registers no parameter: use register_parameter() and register_module()");
  const auto output = model.forward(batch);
  if (!output.logits.defined()) return;
  if (!output.logits.requires_grad())
    return owed.expect(false, "its logits require no gradient: they are detached from its weights");
  loss_of(output.logits, batch).backward();
  for (const auto& item : model.named_parameters())
    if (item.value().requires_grad())
      owed.expect(item.value().grad().defined(),
                  "its parameter `" + item.key() + "` gets no gradient");
}

void test_evaluation(Model& model, const Batch& batch, const Info& info, Owed& owed) {
  const torch::NoGradGuard no_grad;
  model.eval();
  check_output(model, batch, info);
  const TensorWatch weights(testing::tensors_of(model));
  const GeneratorWatch generator;
  const auto first = model.forward(batch).logits, second = model.forward(batch).logits;
  owed.expect(!weights.has_changed(), "forward() in eval mode changes its parameters or buffers");
  owed.expect(!generator.was_used(), "forward() in eval mode draws random numbers");
  if (!first.defined()) return;
  owed.expect(first.isfinite().all().item<bool>(), "its logits are not finite");
  owed.expect(same({first}, {second}), "forward() in eval mode gives other logits the second time");
}

// A training, in which the model is made anew before step `stop`.
void test_resumed_training(const Registry& registry, const Entry& entry,
                           const std::shared_ptr<Dataset>& data, Owed& owed) {
  testing::TinyTrial trial{{"train", {{"steps", std::int64_t{3}}, {"batch", std::int64_t{16}}}}};
  trial.data = data;
  trial.objective = testing::objective_for(*data);
  trial.model = [&] { return born_of(registry, entry, *data, 3); };
  const auto whole = carry_out(registry, trial, -1, 1);
  owed.expect(same(whole.weights, carry_out(registry, trial, 2, 1).weights),
              "resuming after step 2 gives other weights: not all that it learns is in its "
              "parameters, buffers and state");
}

}  // namespace

void test_model(const Registry& registry, const Entry& entry, Owed& owed) {
  const auto data = testing::data_for(registry, entry);
  const auto model = born_of(registry, entry, *data, 3);
  if (dynamic_cast<Fitted*>(model.get()) != nullptr)
    return test_fitted(registry, entry, *data, owed);
  const auto batch = data->load(data->ids(Split::kTrain).first(8), {});
  const auto start = copies(model->parameters());
  owed.expect(same(start, copies(born_of(registry, entry, *data, 3)->parameters())),
              "two models of one seed have other weights");
  owed.expect(
      start.empty() || !same(start, copies(born_of(registry, entry, *data, 4)->parameters())),
      "models of two seeds have the same weights");
  test_gradients(*model, batch, owed);
  test_evaluation(*model, batch, data->info(), owed);
  if (owed.broken().empty() && model->forward(batch).logits.defined())
    test_resumed_training(registry, entry, data, owed);
}

}  // namespace assay::conformance
