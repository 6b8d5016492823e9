// Table: samples by hand, whose features are their inputs, with a model to match.
#pragma once

#include "tests/support/net.h"

namespace assay::testing {

/// Sample k is row k; `splits` says which rows are in training, validation and test.
class Table final : public Dataset {
 public:
  using Ids = std::vector<std::int64_t>;
  Table(torch::Tensor x, Ids y, Ids group, Info info, std::array<Ids, 3> splits)
      : x_(std::move(x)),
        y_(torch::tensor(y, torch::kInt64)),
        group_(torch::tensor(group, torch::kInt64)),
        info_(std::move(info)),
        splits_(std::move(splits)) {
    for (std::size_t s = 0; s < 3 && !info_.groups.empty(); ++s)
      for (const auto id : splits_[s]) groups_[s].push_back(group[static_cast<std::size_t>(id)]);
    info_.group_sizes = group_sizes(splits_[0].size(), groups_[0], info_.groups.size());
  }
  const Info& info() const override { return info_; }
  std::span<const std::int64_t> ids(Split s) const override {
    return splits_[static_cast<std::size_t>(s)];
  }
  std::span<const std::int64_t> groups(Split s) const override {
    return groups_[static_cast<std::size_t>(s)];
  }
  Batch load(std::span<const std::int64_t> ids, const Context&) const override {
    const auto rows = torch::tensor(Ids(ids.begin(), ids.end()), torch::kInt64);
    return {x_.index_select(0, rows), y_.index_select(0, rows), rows, group_.index_select(0, rows)};
  }

 private:
  torch::Tensor x_, y_, group_;
  Info info_;
  std::array<Ids, 3> splits_;
  Ids groups_[3];
};

inline Table::Ids range(std::int64_t from, std::int64_t to) {
  Table::Ids ids;
  for (; from < to; ++from) ids.push_back(from);
  return ids;
}

/// A linear layer in float64; its input is what it calls features.
class Layer final : public Model, public LinearHead {
 public:
  Layer(std::int64_t width, std::int64_t classes) {
    weight = register_parameter("weight", torch::zeros({classes, width}, torch::kDouble));
    bias = register_parameter("bias", torch::zeros({classes}, torch::kDouble));
  }
  Output forward(const Batch& batch) override {
    const auto& input = batch.input;
    seen_in_training = seen_in_training || is_training();
    return {at::linear(input.to(torch::kDouble), weight, bias), input};
  }
  Head head() override { return {weight, bias}; }
  torch::Tensor weight, bias;
  bool seen_in_training = false;
};

}  // namespace assay::testing
