// Whether an objective can work on the samples and batches of a procedure.
#include <algorithm>

#include <ATen/core/grad_mode.h>

#include "assay/sdk/training.h"

namespace assay {
namespace {

Batch load_first(const Dataset& dataset, Split split, std::size_t most, const Context& context) {
  const auto ids = dataset.ids(split);
  return dataset.load(ids.first(std::min(ids.size(), most)), context);
}

void check_size(const Objective& objective, const BatchesToCome& batches) {
  const auto rest = batches.samples % batches.size;
  const auto smallest = rest == 0 ? batches.size : rest;
  if (smallest < objective.smallest_batch())
    throw Error(ErrorKind::kParameter,
                std::to_string(batches.samples) + " samples of the " +
                    std::string(name_of(batches.split)) + " split in batches of " +
                    std::to_string(batches.size) + " leave one of " + std::to_string(smallest) +
                    ", but the objective needs at least " +
                    std::to_string(objective.smallest_batch()) + " in each: use another size",
                batches.field);
}

}  // namespace

bool gives_logits(const Parts& parts, Split split, torch::Device device) {
  const Context context{device, Rng(0), nullptr};
  const auto one = to_device(load_first(*parts.dataset, split, 1, context), device);
  const torch::NoGradGuard no_grad;
  const EvalMode mode(*parts.model);
  check_output(*parts.model, one, parts.dataset->info());
  return parts.model->forward(one).logits.defined();
}

void check_objective(const Parts& parts, const BatchesToCome& batches, torch::Device device,
                     const std::vector<std::shared_ptr<Transform>>& transforms) {
  const Context context{device, Rng(0), nullptr};
  auto few = load_first(*parts.dataset, batches.split, 2, context);
  for (const auto& transform : transforms)
    few = transform->apply(few, transform->draw(few, context.rng));
  few = to_device(std::move(few), device);
  const torch::NoGradGuard no_grad;
  const EvalMode mode(*parts.model);
  within("objective", [&] { parts.objective->check(*parts.model, few); });
  check_size(*parts.objective, batches);
}

void check_measured_objective(const Parts& parts, const BatchesToCome& batches) {
  if (parts.objective->remembers())
    throw Error(
        ErrorKind::kParameter,
        "the loss depends on what the steps of its training have left, which this stage has "
        "not: measure another objective, or the validation loss of the training",
        "objective");
  check_objective(parts, batches, torch::kCPU);
}

}  // namespace assay
