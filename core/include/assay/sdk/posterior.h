// Posterior: a distribution of a model's weights, as an artifact that later stages evaluate.
#pragma once

#include <string>
#include <vector>

#include "assay/model.h"
#include "assay/optimizer.h"
#include "assay/schema.h"
#include "assay/sdk/layers.h"

namespace assay {

/// The artifact kPosterior. Its tensors are `mean/<parameter>`, `variance/<parameter>`,
/// `deviations/<parameter>` [R, ...], `samples/<parameter>` [S, ...], and the numbers `rank`
/// (int64) and `scale` (float64). Parameters that it does not have keep the values of the model.
///
/// Samples of the weights, or a Gaussian with the covariance
/// scale * (diag(variance) + deviations^T deviations / (rank - 1)), the second part only with
/// deviations. Lists of tensors are like `names`.
struct Posterior {
  std::vector<std::string> names = {};  // of parameters of the model
  Tensors mean = {};
  Tensors variance = {};
  Tensors deviations = {};  // [R, ...]: R rows per parameter; empty: none
  Tensors samples = {};     // [S, ...]: S sets of weights; empty: a Gaussian
  std::int64_t rank = 0;    // K of SWAG, which may be above R; 2 or more with deviations
  double scale = 1;         // as its method means it

  bool has_samples() const { return !samples.empty(); }
  std::int64_t rows() const { return deviations.empty() ? 0 : deviations.front().size(0); }
};

TensorMap to_artifact(const Posterior& posterior);

/// Reads what `stage` left. Throws Error{kData} if it is no posterior, or of other parameters or
/// shapes than `model` has; Error{kNumeric} if a number is not finite or a variance is below 0, or
/// if the Gaussian has no variance at all, so that all draws would be the same.
Posterior read_posterior(const TensorMap& artifact, const Model& model, const std::string& stage);

/// Standard normal numbers for one draw.
struct Noise {
  Tensors diagonal;        // like Posterior::mean
  torch::Tensor low_rank;  // [R]; undefined without deviations
};
Noise draw_noise(const Posterior& posterior, const Rng& rng);

/// mean + sqrt(scale) (sqrt(variance) diagonal + deviations^T low_rank / sqrt(rank - 1)), in the
/// types of the mean. Maddox, Garipov, Izmailov, Vetrov and Wilson, "A simple baseline for Bayesian
/// uncertainty in deep learning", NeurIPS 2019, eq. 1, has scale = 1/2.
Tensors draw_weights(const Posterior& posterior, double scale, const Noise& noise);

/// The parameters of the model with these names, in their order; the model's own tensors.
Tensors parameters_of(const Model& model, const std::vector<std::string>& names);

/// The parameters that require a gradient, with their names.
NamedTensors trained_parameters(const Model& model);

/// Ability of an optimizer: it learns a distribution of the weights. `train` leaves that of the
/// outermost optimizer as the artifact `posterior`, which the optimizer names in its artifacts().
/// Only the outermost optimizer of a stage may have it.
class PosteriorHolder {
 public:
  virtual ~PosteriorHolder();
  /// After the last step, before callbacks end the training with other weights; on any device.
  /// `problem` is that of the steps.
  virtual Posterior posterior(const Problem& problem) = 0;
};

}  // namespace assay
