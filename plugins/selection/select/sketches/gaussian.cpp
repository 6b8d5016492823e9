// Rows of the matrix are made a block at a time, each from a stream of its own, so that any part of
// a gradient finds the same ones.
#include <cmath>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/ops/randn.h>

#include "selection/select/sketches/sketch.h"

namespace selection {
namespace {

constexpr std::int64_t kRows = 512;

class Gaussian final : public Sketch {
 public:
  Gaussian(std::int64_t m, const assay::Rng& rng) : m_(m), rng_(rng) {}

  // As many blocks are made at a time as there are threads; each is multiplied by itself, so that
  // the bits do not depend on their number.
  void add(const torch::Tensor& x, std::int64_t offset, torch::Tensor& out) const override {
    std::vector<Stretch> some;
    for_blocks(offset, x.size(1), kRows, [&](auto block, auto first, auto at, auto count) {
      some.push_back({block, first, at, count});
      if (std::ssize(some) < at::get_num_threads()) return;
      add_some(some, x, out);
      some.clear();
    });
    add_some(some, x, out);
  }

 private:
  struct Stretch {
    std::int64_t block, first, at, count;
  };

  void add_some(const std::vector<Stretch>& some, const torch::Tensor& x,
                torch::Tensor& out) const {
    std::vector<torch::Tensor> made(some.size());
    at::parallel_for(0, std::ssize(some), 1, [&](std::int64_t begin, std::int64_t end) {
      for (auto k = static_cast<std::size_t>(begin); k < static_cast<std::size_t>(end); ++k)
        made[k] = rows(some[k].block);
    });
    const double scale = 1 / std::sqrt(static_cast<double>(m_));
    for (std::size_t k = 0; k < some.size(); ++k) {
      const auto& one = some[k];
      const auto matrix = made[k].narrow(0, one.first, one.count).to(x.options());
      out.addmm_(x.narrow(1, one.at, one.count), matrix, 1, scale);
    }
  }

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
