#include "sharpness/shared/drawn_weights.h"

void expect_drawing(const std::shared_ptr<assay::Predictor>& predictor) {
  if (predictor && !predictor->changes_weights())
    throw assay::Error(assay::ErrorKind::kParameter,
                       "the `predictor` draws no weights, so that each draw would measure the "
                       "model as it is: use `posterior`, or omit it",
                       "predictor");
}

std::int64_t count_draws(const std::shared_ptr<assay::Predictor>& predictor) {
  return predictor ? predictor->passes() : 1;
}

DrawnWeights::DrawnWeights(const std::shared_ptr<assay::Predictor>& predictor, std::int64_t draw,
                           assay::Parts& parts, const assay::Context& context) {
  if (!predictor) return;
  auto own = parts.model->parameters();
  for (const auto& buffer : parts.model->buffers()) own.push_back(buffer);
  restored_.emplace(std::move(own));
  const auto stream = context.rng.fork("pass").fork(static_cast<std::uint64_t>(draw));
  predictor->begin_pass(draw, parts, context.with(stream));
}
