// The order of training samples, and a batch's way to the device.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <ATen/ops/multinomial.h>
#include <ATen/ops/randperm.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "assay/sdk/training.h"

namespace assay {

Batches::Batches(std::span<const std::int64_t> ids, std::int64_t batch, Rng rng,
                 std::vector<double> weights)
    : ids_(ids), batch_(batch), rng_(rng.fork("shuffle")), weights_(std::move(weights)) {
  if (ids_.empty())
    throw Error(ErrorKind::kData, "the training split is empty; at least one sample is needed");
  if (!weights_.empty() && weights_.size() != ids_.size())
    throw Error(ErrorKind::kData, "sampling needs one weight per training sample");
  repeats_ = !weights_.empty() || std::adjacent_find(ids_.begin(), ids_.end()) != ids_.end();
}

std::int64_t Batches::per_epoch() const {
  return (static_cast<std::int64_t>(ids_.size()) + batch_ - 1) / batch_;
}

void Batches::enter(std::int64_t epoch) {
  if (epoch == epoch_) return;
  const auto size = static_cast<std::int64_t>(ids_.size());
  const auto generator = rng_.fork(static_cast<std::uint64_t>(epoch)).generator();
  order_ = weights_.empty() ? at::randperm(size, generator, torch::kInt64)
                            : at::multinomial(torch::tensor(weights_, torch::kDouble), size,
                                              /*replacement=*/true, generator);
  epoch_ = epoch;
  if (!repeats_) return;
  std::map<std::int64_t, std::int64_t> drawn;
  earlier_.clear();
  const auto* order = order_.const_data_ptr<std::int64_t>();
  for (std::int64_t k = 0; k < size; ++k)
    earlier_.push_back(drawn[ids_[static_cast<std::size_t>(order[k])]]++);
}

Drawn Batches::at(std::int64_t index) {
  enter(index / per_epoch());
  const auto size = static_cast<std::int64_t>(ids_.size());
  const auto start = (index % per_epoch()) * batch_;
  const auto* order = order_.const_data_ptr<std::int64_t>();
  Drawn drawn;
  for (auto k = start; k < std::min(start + batch_, size); ++k) {
    drawn.ids.push_back(ids_[static_cast<std::size_t>(order[k])]);
    drawn.occurrences.push_back(repeats_ ? size * epoch_ + earlier_[static_cast<std::size_t>(k)]
                                         : epoch_);
  }
  return drawn;
}

Batch to_device(Batch batch, torch::Device device) {
  if (device.is_cpu()) return batch;
  return batch.map([&](const auto& part) { return part.to(device, /*non_blocking=*/true); });
}

double count_training_samples(const Info& info) {
  const auto& sizes = info.group_sizes;
  const auto all = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
  if (all > 0) return static_cast<double>(all);
  throw Error(ErrorKind::kParameter,
              "needs the number of training samples, which this dataset does not report: the "
              "dataset must set `group_sizes` in its Info");
}

std::vector<std::int64_t> group_sizes(std::size_t samples, std::span<const std::int64_t> groups,
                                      std::size_t count) {
  if (groups.empty()) return {static_cast<std::int64_t>(samples)};
  std::vector<std::int64_t> sizes(count);
  for (const auto group : groups) ++sizes.at(static_cast<std::size_t>(group));
  return sizes;
}

std::vector<double> group_weights(const Dataset& dataset, double power) {
  const auto groups = dataset.groups(Split::kTrain);
  if (groups.empty())
    throw Error(ErrorKind::kData, "sampling by groups needs a dataset with groups");
  const auto sizes = group_sizes(groups.size(), groups, dataset.info().groups.size());
  std::vector<double> weights;
  for (const auto group : groups)
    weights.push_back(std::pow(static_cast<double>(groups.size()) /
                                   static_cast<double>(sizes[static_cast<std::size_t>(group)]),
                               power));
  return weights;
}

}  // namespace assay
