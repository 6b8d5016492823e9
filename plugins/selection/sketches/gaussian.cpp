// Rows of the matrix are made a block at a time, each from a stream of its own, so that any part of
// a gradient finds the same ones.
#include <algorithm>
#include <cmath>

#include <ATen/ops/randn.h>

#include "sketches/sketch.h"

namespace selection {
namespace {

constexpr std::int64_t kRows = 512;

class Gaussian final : public Sketch {
 public:
  Gaussian(std::int64_t m, const assay::Rng& rng) : m_(m), rng_(rng) {}

  void add(const torch::Tensor& x, std::int64_t offset, torch::Tensor& out) const override {
    for (std::int64_t at = 0; at < x.size(1);) {
      const auto block = (offset + at) / kRows, from = (offset + at) % kRows;
      const auto count = std::min(kRows - from, x.size(1) - at);
      const auto matrix = rows(block).narrow(0, from, count).to(x.options());
      out.addmm_(x.narrow(1, at, count), matrix, 1, 1 / std::sqrt(static_cast<double>(m_)));
      at += count;
    }
  }

 private:
  torch::Tensor rows(std::int64_t block) const {
    return at::randn({kRows, m_}, rng_.fork(static_cast<std::uint64_t>(block)).generator(),
                     torch::TensorOptions(torch::kFloat));
  }

  std::int64_t m_;
  assay::Rng rng_;
};

}  // namespace

std::unique_ptr<Sketch> gaussian_sketch(std::int64_t m, const assay::Rng& rng) {
  return std::make_unique<Gaussian>(m, rng.fork("gaussian"));
}

}  // namespace selection
