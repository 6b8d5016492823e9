#include "sharpness/shared/first_batches.h"

#include <algorithm>

namespace {

std::span<const std::int64_t> choose_first(const assay::Parts& parts, std::int64_t samples) {
  const auto ids = parts.dataset->ids(assay::Split::kTrain);
  return ids.first(std::min(static_cast<std::size_t>(samples), ids.size()));
}

void expect_measurable(const assay::Parts& parts, std::int64_t count, std::int64_t batch) {
  const auto& weights = parts.model->parameters();
  if (std::none_of(weights.begin(), weights.end(), [](const auto& w) { return w.requires_grad(); }))
    throw assay::Error(
        assay::ErrorKind::kParameter,
        "the model has no parameter with a gradient, so its loss has no slope and no "
        "curvature: use a network");
  if (count > batch && !parts.objective->decomposes())
    throw assay::Error(
        assay::ErrorKind::kParameter,
        "the objective compares the samples of a batch with one another, so all must "
        "be in one: use a `batch` of at least `samples`, here " +
            std::to_string(count),
        "procedure.batch");
}

}  // namespace

void check_first_batches(const assay::Parts& parts, std::int64_t samples, std::int64_t batch) {
  const auto count = std::ssize(choose_first(parts, samples));
  expect_measurable(parts, count, batch);
  assay::check_measured_objective(parts, {assay::Split::kTrain, count, batch, "procedure.batch"});
}

// The runner does not call check() for the first stage of a run.
std::vector<assay::Batch> load_first_batches(const assay::Parts& parts, std::int64_t samples,
                                             std::int64_t batch, const assay::Context& context) {
  const auto ids = choose_first(parts, samples);
  expect_measurable(parts, std::ssize(ids), batch);
  const auto step = static_cast<std::size_t>(batch);
  std::vector<assay::Batch> batches;
  for (std::size_t from = 0; from < ids.size(); from += step)
    batches.push_back(assay::to_device(
        parts.dataset->load(ids.subspan(from, std::min(step, ids.size() - from)), context),
        context.device));
  return batches;
}
