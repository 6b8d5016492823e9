// Models: trained ones and fitted ones.
#include <set>

#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mse_loss.h>
#include <c10/util/StringUtil.h>
#include <torch/csrc/autograd/functions/accumulate_grad.h>

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
  bool more = false;  // the last step asks for another one
};

constexpr std::int64_t kAtTheEnd = -2;

// At step `stop`, or at the end, the buffers are carried over into a new model.
Fit fit(const Registry& registry, const Entry& entry, const Dataset& data, std::int64_t stop) {
  const Context context{torch::kCPU, Rng(1), nullptr};
  const auto batch = data.load(data.ids(Split::kTrain), context);
  const Samples samples{"train", batch.input, batch.target};
  auto model = born_of(registry, entry, data, 1);
  const auto carry_over = [&] {
    const auto before = std::exchange(model, born_of(registry, entry, data, 1));
    const auto from = before->buffers(), to = model->buffers();
    for (std::size_t k = 0; k < from.size(); ++k) to[k].resize_(from[k].sizes()).copy_(from[k]);
    if (const auto* state = dynamic_cast<const Stateful*>(before.get()))
      testing::hand_over(*state, dynamic_cast<Stateful&>(*model));
  };
  bool more = true;
  for (std::int64_t step = 0; more && step < dynamic_cast<Fitted&>(*model).steps(); ++step) {
    if (step == stop) carry_over();
    more = dynamic_cast<Fitted&>(*model).fit(step, samples, context);
  }
  const auto own = model->forward(batch).logits;
  if (stop == kAtTheEnd) carry_over();
  return {copies(model->buffers()), stop == kAtTheEnd ? model->forward(batch).logits : own, more};
}

void test_fitted(const Registry& registry, const Entry& entry, const Dataset& data, Owed& owed) {
  const auto whole = fit(registry, entry, data, -1);
  owed.expect(same(whole.buffers, fit(registry, entry, data, -1).buffers),
              "fitting it twice gives other buffers");
  const auto resumed = fit(registry, entry, data, 1);
  owed.expect(same(whole.buffers, resumed.buffers) && same({whole.logits}, {resumed.logits}),
              "resuming after step 1 gives another model: what it learns is not all in its buffers "
              "and state");
  owed.expect(same({whole.logits}, {fit(registry, entry, data, kAtTheEnd).logits}),
              "a later stage, which has its buffers and state, gets another model: register what "
              "it learns with register_buffer(), once, and change that tensor in place");
  owed.expect(!whole.more, "its last step, steps() - 1, asks for another one");
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

using torch::autograd::Node;

// The leaves that a result depends on.
void gather_leaves(Node* node, std::set<Node*>& seen, Tensors& leaves) {
  if (node == nullptr || !seen.insert(node).second) return;
  if (auto* leaf = dynamic_cast<torch::autograd::AccumulateGrad*>(node))
    leaves.push_back(leaf->variable);
  for (const auto& edge : node->next_edges()) gather_leaves(edge.function.get(), seen, leaves);
}

bool is_parameter(const Model& model, const torch::Tensor& tensor) {
  const auto all = model.parameters();
  return std::any_of(all.begin(), all.end(),
                     [&](const torch::Tensor& one) { return one.is_same(tensor); });
}

void test_leaves(const Model& model, const torch::Tensor& logits, Owed& owed) {
  std::set<Node*> seen;
  Tensors leaves;
  gather_leaves(logits.grad_fn().get(), seen, leaves);
  for (const auto& leaf : leaves)
    owed.expect(is_parameter(model, leaf),
                "its logits depend on a weight " + c10::str(leaf.sizes()) +
                    " that is not registered: it would be neither trained nor saved");
}

void test_gradients(Model& model, const Batch& batch, Owed& owed) {
  owed.expect(!model.parameters().empty(),
              "it registers no parameter: use register_parameter() and register_module()");
  const auto output = model.forward(batch);
  if (!output.logits.defined()) return;
  if (!output.logits.requires_grad())
    return owed.expect(false, "its logits require no gradient: they are detached from its weights");
  test_leaves(model, output.logits, owed);
  loss_of(output.logits, batch).backward();
  for (const auto& item : model.named_parameters())
    if (item.value().requires_grad())
      owed.expect(item.value().grad().defined(),
                  "its parameter `" + item.key() + "` gets no gradient");
}

// What a sample gets depends on its input alone.
void test_rows(Model& model, const Batch& batch, const torch::Tensor& logits, Owed& owed) {
  const auto rows = at::arange(batch.size() / 2, torch::kInt64);
  owed.expect(at::allclose(model.forward(batch.select(rows)).logits, logits.index_select(0, rows),
                           1e-3, 1e-4),
              "the logits of a sample in eval mode depend on the other samples of its batch");
  auto other = batch;
  other.target = batch.target.roll(1, 0);
  other.id = batch.id + 1000;
  owed.expect(same({model.forward(other).logits}, {logits}),
              "its logits depend on the targets or the ids of the samples");
}

void test_head(Model& model, const Output& output, Owed& owed) {
  auto* linear = dynamic_cast<LinearHead*>(&model);
  if (linear == nullptr || !output.features.defined()) return;
  const auto [weight, bias] = linear->head();
  owed.expect(at::allclose(at::linear(output.features, weight, bias), output.logits, 1e-3, 1e-4),
              "its logits are not the linear function head() of its features");
  for (const auto& own : {weight, bias})
    owed.expect(is_parameter(model, own), "head() gives tensors that are none of its parameters");
}

void test_evaluation(Model& model, const Batch& batch, const Info& info, Owed& owed) {
  const torch::NoGradGuard no_grad;
  model.eval();
  check_output(model, batch, info);
  const TensorWatch weights(testing::tensors_of(model)), samples(testing::tensors_of(batch));
  const GeneratorWatch generator;
  const auto output = model.forward(batch);
  const auto first = output.logits, second = model.forward(batch).logits;
  owed.expect(!weights.has_changed(), "forward() in eval mode changes its parameters or buffers");
  owed.expect(!samples.has_changed(), "forward() changes the batch that it is given");
  if (samples.has_changed()) return;
  owed.expect(!generator.was_used(), "forward() in eval mode draws random numbers");
  if (!first.defined()) return;
  owed.expect(first.isfinite().all().item<bool>(), "its logits are not finite");
  owed.expect(same({first}, {second}), "forward() in eval mode gives other logits the second time");
  if (!same({first}, {second})) return;
  test_rows(model, batch, first, owed);
  test_head(model, output, owed);
}

// A training, in which the model is made anew before step `stop`.
void test_resumed_training(const Registry& registry, const Entry& entry,
                           const std::shared_ptr<Dataset>& data, Owed& owed) {
  testing::TinyTrial trial{{"train", {{"steps", std::int64_t{3}}, {"batch", std::int64_t{16}}}}};
  trial.data = data;
  trial.objective = testing::objective_for(*data);
  // The second one, into which what the first has learned is copied, starts with other weights.
  std::uint64_t seed = 3;
  trial.model = [&] { return born_of(registry, entry, *data, seed++); };
  const auto whole = carry_out(registry, trial, -1, 1);
  seed = 3;
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
