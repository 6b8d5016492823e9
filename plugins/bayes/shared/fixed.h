// What a posterior does not vary: the other parameters and the buffers of the model.
#pragma once

#include "assay/sdk/posterior.h"

namespace bayes {

/// Adds `fixed/<name>` for each parameter and buffer of the model that the posterior lacks, so that
/// draws of some parameters never meet others than those that they belong to.
void add_fixed(assay::TensorMap& artifact, const assay::Model& model);

/// Copies them into the model. Throws Error{kData} if one does not fit; `stage` left the artifact.
void set_fixed(const assay::TensorMap& artifact, assay::Model& model, const std::string& stage);

}  // namespace bayes
