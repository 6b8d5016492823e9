#include "sharpness/shared/drawn_weights.h"

#include "assay/sdk/tensors.h"

std::int64_t count_draws(const std::shared_ptr<assay::Predictor>& predictor) {
  if (!predictor) return 1;
  if (!predictor->changes_weights())
    throw assay::Error(assay::ErrorKind::kParameter,
                       "the `predictor` draws no weights, so that each draw would measure the "
                       "model as it is: use `posterior`, or omit it",
                       "predictor");
  return predictor->passes();
}

DrawnWeights::DrawnWeights(const std::shared_ptr<assay::Predictor>& predictor, std::int64_t draw,
                           assay::Parts& parts, const assay::Context& context) {
  if (!predictor) return;
  own_ = parts.model->parameters();
  for (const auto& buffer : parts.model->buffers()) own_.push_back(buffer);
  before_ = assay::clone(own_);
  const auto stream = context.rng.fork("pass").fork(static_cast<std::uint64_t>(draw));
  predictor->begin_pass(draw, parts, context.with(stream));
}

DrawnWeights::~DrawnWeights() {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < own_.size(); ++i) own_[i].copy_(before_[i]);
}
