// Rows of the matrix are made a block at a time, each from a stream of its own, so that any part of
// a gradient finds the same ones.
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
    for_blocks(offset, x.size(1), kRows, [&](auto block, auto first, auto at, auto count) {
      const auto matrix = rows(block).narrow(0, first, count).to(x.options());
      out.addmm_(x.narrow(1, at, count), matrix, 1, 1 / std::sqrt(static_cast<double>(m_)));
    });
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
