// What every dataset can do by loading its samples.
#include "assay/dataset.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

namespace assay {

torch::Tensor Dataset::targets(Split split) const {
  constexpr std::int64_t kAtOnce = 1024;
  std::vector<torch::Tensor> all;
  for_pieces(ids(split), kAtOnce, [&](std::size_t, std::span<const std::int64_t> part) {
    all.push_back(load(part, {}).target);
  });
  if (!all.empty()) return at::cat(all);
  return info().classes > 0 ? at::empty({0}, torch::kInt64)
                            : at::empty({0, info().targets}, torch::kFloat);
}

}  // namespace assay
