// BatchProblem by groups: from the samples' own losses where the objective gives them, otherwise
// one evaluation a group.
#include "assay/sdk/tensors.h"
#include "core/problem/differentiate.h"
#include "core/problem/step.h"
#include "core/runtime/runtime.h"

namespace assay {
namespace {

using Groups = std::map<std::int64_t, WeighedGroup>;

// Those whose samples count at all.
Groups groups_of(const std::vector<Batch>& batches) {
  Groups groups;
  for (const auto& batch : batches) {
    const auto ids = batch.group.to(torch::kCPU).contiguous();
    const auto weights = batch.weight.defined()
                             ? batch.weight.to(torch::kCPU).to(torch::kDouble).contiguous()
                             : batch.weight;
    for (std::int64_t k = 0; k < ids.size(0); ++k) {
      const auto id = ids.data_ptr<std::int64_t>()[k];
      auto& group = groups[id];
      group.group.group = id;
      ++group.group.samples;
      group.mass += weights.defined() ? weights.data_ptr<double>()[k] : 1;
    }
  }
  std::erase_if(groups, [](const auto& item) { return item.second.mass == 0; });
  return groups;
}

Batch of_group(const Batch& batch, std::int64_t group) {
  const auto rows = (batch.group == group).nonzero().squeeze(1);
  return batch.map([&](const auto& part) { return part.index_select(0, rows); });
}

// The group's part in its mean over the whole step; undefined where the batch has none of it.
torch::Tensor part_of(const torch::Tensor& each, const Batch& batch, const WeighedGroup& group) {
  const auto mask = batch.group == group.group.group;
  if (!mask.any().item<bool>()) return {};
  return each.masked_select(mask).sum() / group.mass;
}

std::string name_of(const WeighedGroup& group) {
  return "the loss of group " + std::to_string(group.group.group);
}

std::vector<GroupLoss> losses_of(const Groups& groups) {
  std::vector<GroupLoss> list;
  for (const auto& [id, group] : groups) list.push_back(group.group);
  return list;
}

}  // namespace

torch::Tensor BatchProblem::Impl::sample_losses(const Batch& batch, std::size_t index) const {
  const Autocast autocast(setting->options.bf16, setting->context.device);
  torch::Tensor sum;
  for (const auto& term : forward(batch, index)) {
    if (!term.each) return {};
    const auto part = term.each() * term.weight;
    sum = sum.defined() ? sum + part : part;
  }
  return sum;
}

std::vector<GroupGradient> BatchProblem::Impl::per_group(bool by_sample) const {
  const auto groups = groups_of(batches);
  std::map<std::int64_t, Gradient> sums;
  const auto add_loss = [&](const WeighedGroup& group, const torch::Tensor& loss, bool keep_graph) {
    const auto name = name_of(group);
    const double value = checked(loss, name);
    auto gradient = checked(gradient_of(loss, parameters(), keep_graph), name);
    add(sums[group.group.group], value, std::move(gradient));
  };
  if (by_sample)  // the step's batch norm statistics are of this pass, also where it is in vain
    each([&](const Batch& batch, std::size_t i) {
      const auto each_sample = sample_losses(batch, i);
      by_sample = by_sample && each_sample.defined();
      if (!by_sample) return;
      for (const auto& [id, group] : groups)
        if (const auto part = part_of(each_sample, batch, group); part.defined())
          add_loss(group, part, true);
    });
  if (!by_sample) {
    sums.clear();
    each([&](const Batch& batch, std::size_t i) {
      for (const auto& [id, group] : groups) {
        const auto own = of_group(batch, id);
        if (own.size() == 0) continue;
        const auto share = static_cast<double>(own.size()) / group.mass;
        add_loss(group, sum_of(forward(own, i)) * share, false);
      }
    });
  }
  std::vector<GroupGradient> all;
  for (auto& [id, sum] : sums)
    all.push_back({{id, groups.at(id).group.samples, sum.loss}, std::move(sum.tensors)});
  return all;
}

std::vector<GroupGradient> BatchProblem::gradient_per_group() {
  return impl_->per_group(true);
}

void BatchProblem::Impl::add_losses(std::map<std::int64_t, WeighedGroup>& groups,
                                    const torch::Tensor& each_sample, const Batch& batch) const {
  for (auto& [id, group] : groups)
    if (const auto part = part_of(each_sample, batch, group); part.defined())
      group.group.loss += checked(part, name_of(group));
}

std::optional<Gradient> BatchProblem::Impl::weighted_by_sample(const WeighGroups& weigh) const {
  auto groups = groups_of(batches);
  const bool one_pass = batches.size() == 1;
  bool by_sample = true;
  if (!one_pass)  // the losses that decide on the weights are known after a first pass
    each([&](const Batch& batch, std::size_t i) {
      const torch::NoGradGuard no_grad;
      const auto each_sample = sample_losses(batch, i);
      by_sample = by_sample && each_sample.defined();
      if (by_sample) add_losses(groups, each_sample, batch);
    });
  Gradient sum;
  std::vector<double> weights;
  each([&](const Batch& batch, std::size_t i) {
    const auto each_sample = by_sample ? sample_losses(batch, i) : torch::Tensor();
    by_sample = each_sample.defined();
    if (!by_sample) return;
    if (one_pass) add_losses(groups, each_sample, batch);
    if (weights.empty()) weights = weigh(losses_of(groups));
    torch::Tensor loss;
    std::size_t g = 0;
    for (const auto& [id, group] : groups) {
      const double weight = weights.at(g++);
      const auto part = part_of(each_sample, batch, group);
      if (part.defined()) loss = loss.defined() ? loss + part * weight : part * weight;
    }
    auto gradient = gradient_of(loss, parameters(), false);
    add(sum, each_sample.mean().item<double>() * share(batch),
        checked(std::move(gradient), "the weighted groups"));
  });
  if (by_sample) return sum;
  return {};
}

Gradient BatchProblem::group_weighted_gradient(const WeighGroups& weigh) {
  if (auto found = impl_->weighted_by_sample(weigh)) return std::move(*found);
  Gradient sum;
  const auto parts = impl_->per_group(false);
  std::vector<GroupLoss> losses;
  std::vector<const Tensors*> gradients;
  for (const auto& part : parts) {
    losses.push_back(part.group);
    gradients.push_back(&part.tensors);
    const auto own = static_cast<double>(part.group.samples);  // nothing is weighed by sample here
    sum.loss += part.group.loss * own / static_cast<double>(impl_->samples);
  }
  sum.tensors = weighted_sum(gradients, weigh(losses));
  return sum;
}

}  // namespace assay
