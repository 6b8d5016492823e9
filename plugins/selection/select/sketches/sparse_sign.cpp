// Row i of the matrix has an entry in each of `nonzeros` stretches of columns, at a place and with
// a sign that a hash of i gives.
#include <cmath>

#include <ATen/Parallel.h>

#include "assay/error.h"
#include "selection/select/sketches/sketch.h"

namespace selection {
namespace {

struct Entry {
  std::int32_t column;
  float value;
};

class SparseSign final : public Sketch {
 public:
  SparseSign(std::int64_t m, std::int64_t nonzeros, const assay::Rng& rng)
      : m_(m), nonzeros_(nonzeros), rng_(rng) {}

  void add(const torch::Tensor& x, std::int64_t offset, torch::Tensor& out) const override {
    const auto from = x.cpu().to(torch::kFloat).contiguous();
    auto sum = at::zeros({x.size(0), m_}, torch::TensorOptions(torch::kFloat));
    const auto entries = entries_of(offset, x.size(1));
    const auto* values = from.const_data_ptr<float>();
    auto* sums = sum.mutable_data_ptr<float>();
    const auto width = x.size(1);
    at::parallel_for(0, x.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
      for (auto b = begin; b < end; ++b) {
        const auto* entry = entries.data();
        for (std::int64_t i = 0; i < width; ++i)
          for (std::int64_t k = 0; k < nonzeros_; ++k, ++entry)
            sums[b * m_ + entry->column] += entry->value * values[b * width + i];
      }
    });
    out.add_(sum.to(out.options()));
  }

 private:
  std::vector<Entry> entries_of(std::int64_t offset, std::int64_t width) const {
    const auto size = 1 / std::sqrt(static_cast<float>(nonzeros_));
    std::vector<Entry> entries;
    entries.reserve(static_cast<std::size_t>(width * nonzeros_));
    for (auto i = offset; i < offset + width; ++i)
      for (std::int64_t k = 0; k < nonzeros_; ++k) {
        const auto bits = rng_.bits(static_cast<std::uint64_t>(i * nonzeros_ + k));
        const auto first = k * m_ / nonzeros_, last = (k + 1) * m_ / nonzeros_;
        const auto place = (bits >> 32) * static_cast<std::uint64_t>(last - first) >> 32;
        entries.push_back({static_cast<std::int32_t>(first + static_cast<std::int64_t>(place)),
                           (bits & 1) != 0 ? size : -size});
      }
    return entries;
  }

  std::int64_t m_, nonzeros_;
  assay::Rng rng_;
};

}  // namespace

std::unique_ptr<Sketch> sparse_sign_sketch(std::int64_t m, std::int64_t nonzeros,
                                           const assay::Rng& rng) {
  if (nonzeros < 1 || nonzeros > m)
    throw assay::Error(assay::ErrorKind::kParameter,
                       "a row of " + std::to_string(m) + " elements cannot have " +
                           std::to_string(nonzeros) +
                           " nonzeros, expected 1 to the length of the row");
  return std::make_unique<SparseSign>(m, nonzeros, rng.fork("sparse_sign"));
}

}  // namespace selection
