// Weights that a predictor draws, as of a posterior.
#pragma once

#include <memory>
#include <optional>

#include "assay/predictor.h"
#include "assay/sdk/scoped_weights.h"

/// Throws Error{kParameter} if there is a predictor that draws no weights.
void expect_drawing(const std::shared_ptr<assay::Predictor>& predictor);

/// How many draws a measurement is averaged over: 1 without a predictor. Those of a predictor may
/// depend on what an earlier stage left, so it cannot be asked before that has run.
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
