// A dataset cut to some ids, which may count differently.
#include <algorithm>
#include <cmath>
#include <map>

#include <torch/csrc/autograd/generated/variable_factories.h>

#include "assay/sdk/training.h"

namespace assay {
namespace {

// How much each id counts, 1 on average.
std::map<std::int64_t, double> weights_of(const std::vector<std::int64_t>& ids,
                                          const std::vector<double>& weights) {
  if (weights.size() != ids.size())
    throw Error(ErrorKind::kData, "the selection has " + std::to_string(ids.size()) + " ids and " +
                                      std::to_string(weights.size()) +
                                      " weights; give one weight per id");
  std::map<std::int64_t, double> found;
  double sum = 0;
  for (std::size_t k = 0; k < ids.size(); ++k) {
    if (!(weights[k] >= 0) || !std::isfinite(weights[k]))
      throw Error(ErrorKind::kData, "the weight of the selected id " + std::to_string(ids[k]) +
                                        " is " + std::to_string(weights[k]) +
                                        "; it must be a finite number >= 0");
    if (!found.emplace(ids[k], weights[k]).second)
      throw Error(ErrorKind::kData,
                  "the selected id " + std::to_string(ids[k]) +
                      " occurs twice; a selection with weights must have each id once");
    sum += weights[k];
  }
  if (sum == 0)
    throw Error(ErrorKind::kData,
                "all weights of the selection are 0; at least one must be above 0");
  for (auto& [id, weight] : found) weight *= static_cast<double>(ids.size()) / sum;
  return found;
}

class Subset final : public Dataset {
 public:
  Subset(std::shared_ptr<Dataset> whole, std::vector<std::int64_t> ids,
         const std::vector<double>& weights)
      : whole_(std::move(whole)), ids_(std::move(ids)) {
    if (!weights.empty()) weights_ = weights_of(ids_, weights);
    if (ids_.empty())
      throw Error(ErrorKind::kData, "the selection is empty; at least one sample is needed");
    std::sort(ids_.begin(), ids_.end());
    const auto all = whole_->ids(Split::kTrain);
    const auto groups = whole_->groups(Split::kTrain);
    for (const auto id : ids_) {
      const auto it = std::lower_bound(all.begin(), all.end(), id);
      if (it == all.end() || *it != id)
        throw Error(ErrorKind::kData, "the selected id " + std::to_string(id) +
                                          " is not in the training split of the dataset");
      if (!groups.empty()) groups_.push_back(groups[static_cast<std::size_t>(it - all.begin())]);
    }
    info_ = whole_->info();
    if (info_.whole_group_sizes.empty()) info_.whole_group_sizes = info_.group_sizes;
    info_.group_sizes = group_sizes(ids_.size(), groups_, info_.groups.size());
  }

  const Info& info() const override { return info_; }
  std::span<const std::int64_t> ids(Split split) const override {
    return split == Split::kTrain ? std::span<const std::int64_t>(ids_) : whole_->ids(split);
  }
  std::span<const std::int64_t> groups(Split split) const override {
    return split == Split::kTrain ? std::span<const std::int64_t>(groups_) : whole_->groups(split);
  }
  torch::Tensor targets(Split split) const override {
    const auto all = whole_->targets(split);
    if (split != Split::kTrain) return all;
    const auto known = whole_->ids(split);
    std::vector<std::int64_t> rows;
    for (const auto id : ids_)
      rows.push_back(std::lower_bound(known.begin(), known.end(), id) - known.begin());
    return all.index_select(0, torch::tensor(rows, torch::kInt64));
  }
  Batch load(std::span<const std::int64_t> ids, const Context& context) const override {
    auto batch = whole_->load(ids, context);
    if (weights_.empty()) return batch;
    std::vector<double> weights;
    for (const auto id : ids) {
      const auto it = weights_.find(id);
      weights.push_back(it == weights_.end() ? 1 : it->second);
    }
    const auto here = torch::tensor(weights, torch::kFloat);
    batch.weight = batch.weight.defined() ? batch.weight * here : here;
    return batch;
  }

 private:
  std::shared_ptr<Dataset> whole_;
  std::vector<std::int64_t> ids_, groups_;
  std::map<std::int64_t, double> weights_;  // empty: all count alike
  Info info_;
};

}  // namespace

std::shared_ptr<Dataset> subset(std::shared_ptr<Dataset> dataset, std::vector<std::int64_t> ids,
                                std::vector<double> weights) {
  return std::make_shared<Subset>(std::move(dataset), std::move(ids), weights);
}

}  // namespace assay
