#include "sharpness/shared/first_batches.h"

#include <algorithm>

std::vector<assay::Batch> first_batches(const assay::Dataset& dataset, std::int64_t samples,
                                        std::int64_t batch, const assay::Context& context) {
  const auto ids = dataset.ids(assay::Split::kTrain);
  const auto count = std::min(static_cast<std::size_t>(samples), ids.size());
  const auto step = static_cast<std::size_t>(batch);
  std::vector<assay::Batch> batches;
  for (std::size_t from = 0; from < count; from += step)
    batches.push_back(assay::to_device(
        dataset.load(ids.subspan(from, std::min(step, count - from)), context), context.device));
  return batches;
}
