// Weights that a predictor draws, as of a posterior.
#pragma once

#include <memory>
#include <optional>

#include "assay/predictor.h"
#include "assay/sdk/scoped_weights.h"

/// How many draws a measurement is averaged over: 1 without a predictor. Throws Error{kParameter}
/// if the predictor draws no weights.
std::int64_t count_draws(const std::shared_ptr<assay::Predictor>& predictor);

/// The weights and buffers of draw `draw` are in the model for the lifetime of the object: those
/// that `evaluate` has in its pass of that number. Does nothing if `predictor` is null.
class DrawnWeights {
 public:
  DrawnWeights(const std::shared_ptr<assay::Predictor>& predictor, std::int64_t draw,
               assay::Parts& parts, const assay::Context& context);

 private:
  std::optional<assay::RestoredTensors> restored_;
};
