// Coordinates in stretches of 4096, each with signs and rows of its own.
#include <cmath>

#include <ATen/Parallel.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/zeros.h>

#include "selection/select/sketches/sketch.h"

namespace selection {
namespace {

constexpr std::int64_t kStretch = 4096;

// In place, for a power of two: y = H x with the entries of H +-1.
void transform(float* x, std::int64_t size) {
  for (std::int64_t half = 1; half < size; half *= 2)
    for (std::int64_t start = 0; start < size; start += 2 * half)
      for (auto i = start; i < start + half; ++i) {
        const float a = x[i], b = x[i + half];
        x[i] = a + b;
        x[i + half] = a - b;
      }
}

class Hadamard final : public Sketch {
 public:
  Hadamard(std::int64_t m, const assay::Rng& rng) : m_(m), rng_(rng) {}

  void add(const torch::Tensor& x, std::int64_t offset, torch::Tensor& out) const override {
    const auto from = x.cpu().to(torch::kFloat).contiguous();
    auto sum = at::zeros({x.size(0), m_}, torch::TensorOptions(torch::kFloat));
    for_blocks(offset, x.size(1), kStretch, [&](auto stretch, auto first, auto at, auto count) {
      add_stretch(from, at, stretch, first, count, sum);
    });
    out.add_(sum.to(out.options()), 1 / std::sqrt(static_cast<double>(m_)));
  }

 private:
  // Columns `at` to at + count of x lie at `first` of that stretch; the rest of it is 0 here.
  void add_stretch(const torch::Tensor& x, std::int64_t at, std::int64_t stretch,
                   std::int64_t first, std::int64_t count, torch::Tensor& sum) const {
    const auto rng = rng_.fork(static_cast<std::uint64_t>(stretch));
    const auto rows = at::randint(0, kStretch, {m_}, rng.fork("rows").generator(), torch::kInt64);
    const auto* row = rows.const_data_ptr<std::int64_t>();
    const auto* values = x.const_data_ptr<float>();
    auto* sums = sum.mutable_data_ptr<float>();
    const auto width = x.size(1);
    std::vector<float> signs;
    for (auto i = first; i < first + count; ++i)
      signs.push_back((rng.bits(static_cast<std::uint64_t>(i)) & 1) != 0 ? 1.0F : -1.0F);
    at::parallel_for(0, x.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
      std::vector<float> mixed;
      for (auto b = begin; b < end; ++b) {
        mixed.assign(kStretch, 0);
        for (std::int64_t i = 0; i < count; ++i)
          mixed[static_cast<std::size_t>(first + i)] =
              signs[static_cast<std::size_t>(i)] * values[b * width + at + i];
        transform(mixed.data(), kStretch);
        for (std::int64_t j = 0; j < m_; ++j)
          sums[b * m_ + j] += mixed[static_cast<std::size_t>(row[j])];
      }
    });
  }

  std::int64_t m_;
  assay::Rng rng_;
};

}  // namespace

std::unique_ptr<Sketch> hadamard_sketch(std::int64_t m, const assay::Rng& rng) {
  return std::make_unique<Hadamard>(m, rng.fork("hadamard"));
}

}  // namespace selection
