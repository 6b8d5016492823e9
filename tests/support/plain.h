// Plain: images whose every number is known, for datasets that wrap another one.
#pragma once

#include <numeric>

#include <torch/csrc/autograd/generated/variable_factories.h>

#include "assay/dataset.h"
#include "tests/support/plugin_host.h"

namespace assay::testing {

/// Image k is of class k % classes; its pixels run from -1 (black) to 3 (white) and depend on k.
class Plain final : public Dataset {
 public:
  struct Shape {
    std::int64_t classes = 10;
    std::vector<std::int64_t> sample = {1, 6, 8};
    std::int64_t train = 20000, validation = 4000, test = 4000;
  };
  explicit Plain(Shape shape) : shape_(std::move(shape)) {
    info_.input_shape = shape_.sample;
    info_.classes = shape_.classes;
    for (std::int64_t c = 0; c < shape_.classes; ++c)
      info_.class_names.emplace_back("c").append(std::to_string(c));
    const std::int64_t sizes[] = {shape_.train, shape_.validation, shape_.test};
    std::int64_t first = 0;
    for (std::size_t split = 0; split < 3; ++split) {
      ids_[split].resize(static_cast<std::size_t>(sizes[split]));
      std::iota(ids_[split].begin(), ids_[split].end(), first);
      first += sizes[split];
    }
    info_.group_sizes = {shape_.train};
  }
  const Info& info() const override { return info_; }
  std::span<const std::int64_t> ids(Split s) const override {
    return ids_[static_cast<std::size_t>(s)];
  }
  Batch load(std::span<const std::int64_t> ids, const Context&) const override {
    const auto id = torch::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()), torch::kInt64);
    const auto pixels = std::accumulate(shape_.sample.begin(), shape_.sample.end(), std::int64_t{1},
                                        std::multiplies<>());
    // The first pixel of an image is black, the last one white.
    auto input = (torch::arange(pixels, torch::kFloat).unsqueeze(0) + id.unsqueeze(1) % 7) / 20 - 1;
    input.select(1, 0).fill_(-1);
    input.select(1, pixels - 1).fill_(3);
    std::vector<std::int64_t> shape{id.size(0)};
    shape.insert(shape.end(), shape_.sample.begin(), shape_.sample.end());
    return {input.view(shape), id % std::max<std::int64_t>(1, shape_.classes), id,
            torch::zeros({id.size(0)}, torch::kInt64)};
  }

 private:
  Shape shape_;
  Info info_;
  std::vector<std::int64_t> ids_[3];
};

/// The plugins and the dataset `plain` of that shape.
inline Registry with_plain(const Plain::Shape& shape = {}) {
  Registry registry = plugins();
  Entry entry{.kind = "dataset", .name = "plain", .doc = "A test's."};
  entry.make = [shape](const Build&) {
    return std::static_pointer_cast<Dataset>(std::make_shared<Plain>(shape));
  };
  registry.insert(std::move(entry));
  return registry;
}

inline Batch load_all(const Dataset& data, Split split) {
  return data.load(data.ids(split), {});
}

/// The share of true elements; and whether it is within 4.5 deviations of what `samples` draws of
/// that probability give, which one true share in 150,000 is not.
inline double share(const torch::Tensor& truth) {
  return truth.to(torch::kDouble).mean().item<double>();
}
inline bool is_likely(double found, double probability, std::int64_t samples) {
  const double deviation =
      std::sqrt(probability * (1 - probability) / static_cast<double>(samples));
  return std::abs(found - probability) <= 4.5 * deviation + 1e-12;
}

}  // namespace assay::testing
