// The order of training samples, a batch's way to the device, and a dataset cut to some ids.
#include <algorithm>

#include <ATen/ops/randperm.h>

#include "assay/training.h"

namespace assay {

Batches::Batches(std::span<const std::int64_t> ids, std::int64_t batch, Rng rng)
    : ids_(ids), batch_(batch), rng_(rng.fork("shuffle")) {
  if (ids_.empty())
    throw Error(ErrorKind::kData, "the training split is empty; at least one sample is needed");
}

std::int64_t Batches::per_epoch() const {
  return (static_cast<std::int64_t>(ids_.size()) + batch_ - 1) / batch_;
}

std::vector<std::int64_t> Batches::at(std::int64_t index) {
  const auto size = static_cast<std::int64_t>(ids_.size());
  const auto epoch = index / per_epoch();
  if (epoch != epoch_) {
    order_ =
        at::randperm(size, rng_.fork(static_cast<std::uint64_t>(epoch)).generator(), torch::kInt64);
    epoch_ = epoch;
  }
  const auto start = (index % per_epoch()) * batch_;
  const auto* order = order_.data_ptr<std::int64_t>();
  std::vector<std::int64_t> chosen;
  chosen.reserve(static_cast<std::size_t>(std::min(batch_, size - start)));
  for (auto k = start; k < std::min(start + batch_, size); ++k)
    chosen.push_back(ids_[static_cast<std::size_t>(order[k])]);
  return chosen;
}

Batch to_device(Batch batch, torch::Device device) {
  if (device.is_cpu()) return batch;
  for (auto* part : {&batch.input, &batch.target, &batch.id, &batch.group})
    *part = part->to(device, /*non_blocking=*/true);
  return batch;
}

namespace {

class Subset final : public Dataset {
 public:
  Subset(std::shared_ptr<Dataset> whole, std::vector<std::int64_t> ids)
      : whole_(std::move(whole)), ids_(std::move(ids)) {
    if (ids_.empty())
      throw Error(ErrorKind::kData, "the selection is empty; at least one sample is needed");
    std::sort(ids_.begin(), ids_.end());
    const auto all = whole_->ids(Split::kTrain);
    const auto groups = whole_->groups(Split::kTrain);
    for (const auto id : ids_) {
      const auto it = std::lower_bound(all.begin(), all.end(), id);
      if (it == all.end() || *it != id)
        throw Error(ErrorKind::kData, "the selected id " + std::to_string(id) +
                                          " is not in the training split it is to be taken from");
      if (!groups.empty()) groups_.push_back(groups[static_cast<std::size_t>(it - all.begin())]);
    }
  }

  const Info& info() const override { return whole_->info(); }
  std::span<const std::int64_t> ids(Split split) const override {
    return split == Split::kTrain ? std::span<const std::int64_t>(ids_) : whole_->ids(split);
  }
  std::span<const std::int64_t> groups(Split split) const override {
    return split == Split::kTrain ? std::span<const std::int64_t>(groups_) : whole_->groups(split);
  }
  Batch load(std::span<const std::int64_t> ids, const Context& context) const override {
    return whole_->load(ids, context);
  }

 private:
  std::shared_ptr<Dataset> whole_;
  std::vector<std::int64_t> ids_, groups_;
};

}  // namespace

std::shared_ptr<Dataset> subset(std::shared_ptr<Dataset> dataset, std::vector<std::int64_t> ids) {
  return std::make_shared<Subset>(std::move(dataset), std::move(ids));
}

}  // namespace assay
