#include "selection/select/sketches/sketch.h"

#include <algorithm>

#include <ATen/ops/bmm.h>

#include "assay/error.h"

namespace selection {

void Sketch::add_outer(const torch::Tensor& left, const torch::Tensor& right, std::int64_t offset,
                       torch::Tensor& out) const {
  constexpr std::int64_t kElements = 1 << 22;  // multiplied out at a time
  const auto samples = left.size(0), rows = left.size(2), width = right.size(2);
  const auto some = std::clamp<std::int64_t>(kElements / (samples * width), 1, rows);
  const auto turned = left.transpose(1, 2);
  for (std::int64_t row = 0; row < rows; row += some) {
    const auto count = std::min(some, rows - row);
    const auto product = at::bmm(turned.narrow(1, row, count), right);
    add(product.reshape({samples, count * width}), offset + row * width, out);
  }
}

std::unique_ptr<Sketch> sketch_of(const std::string& name, std::int64_t m, const assay::Rng& rng) {
  if (name == "gaussian") return gaussian_sketch(m, rng);
  if (name == "count") return sparse_sign_sketch(m, 1, rng);
  if (name == "sparse_sign") return sparse_sign_sketch(m, std::min<std::int64_t>(m, 8), rng);
  if (name == "hadamard") return hadamard_sketch(m, rng);
  if (name == "kronecker") return kronecker_sketch(m, rng);
  throw assay::Error(assay::ErrorKind::kParameter,
                     "there is no sketch `" + name +
                         "`; available are gaussian, sparse_sign, count, hadamard and kronecker");
}

}  // namespace selection
