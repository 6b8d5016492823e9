// sum_t (left_t . a_j) (right_t . b_j) = a_j^T (sum_t left_t right_t^T) b_j, by whichever way round
// takes fewer products.
#include <cmath>

#include <ATen/ops/bmm.h>
#include <ATen/ops/randint.h>

#include "selection/select/sketches/sketch.h"

namespace selection {
namespace {

constexpr std::int64_t kElements = 1 << 22;  // of a product, at a time

class Kronecker final : public Sketch {
 public:
  Kronecker(std::int64_t m, const assay::Rng& rng)
      : m_(m), rng_(rng), rest_(gaussian_sketch(m, rng)) {}

  void add(const torch::Tensor& x, std::int64_t offset, torch::Tensor& out) const override {
    rest_->add(x, offset, out);
  }

  void add_outer(const torch::Tensor& left, const torch::Tensor& right, std::int64_t offset,
                 torch::Tensor& out) const override {
    const auto places = left.size(1), rows = left.size(2), width = right.size(2);
    const auto a = signs(rows, "left", offset, left), b = signs(width, "right", offset, left);
    const bool together = places * rows * width + rows * width * m_ < places * (rows + width) * m_;
    const auto largest = together ? rows * std::max(width, m_) : places * m_;
    const auto some = std::clamp<std::int64_t>(kElements / largest, 1, left.size(0));
    for (std::int64_t at = 0; at < left.size(0); at += some) {
      const auto count = std::min(some, left.size(0) - at);
      const auto l = left.narrow(0, at, count), r = right.narrow(0, at, count);
      const auto sum = together ? (at::bmm(l.transpose(1, 2), r).matmul(b) * a).sum(1)
                                : (l.matmul(a) * r.matmul(b)).sum(1);
      out.narrow(0, at, count).add_(sum, 1 / std::sqrt(static_cast<double>(m_)));
    }
  }

 private:
  torch::Tensor signs(std::int64_t rows, const char* side, std::int64_t offset,
                      const torch::Tensor& like) const {
    const auto rng = rng_.fork(side).fork(static_cast<std::uint64_t>(offset));
    return (at::randint(0, 2, {rows, m_}, rng.generator(), torch::TensorOptions(torch::kFloat)) *
                2 -
            1)
        .to(like.options());
  }

  std::int64_t m_;
  assay::Rng rng_;
  std::unique_ptr<Sketch> rest_;
};

}  // namespace

std::unique_ptr<Sketch> kronecker_sketch(std::int64_t m, const assay::Rng& rng) {
  return std::make_unique<Kronecker>(m, rng.fork("kronecker"));
}

}  // namespace selection
