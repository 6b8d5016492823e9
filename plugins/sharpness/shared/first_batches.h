// The training samples that a trained model's loss is measured on.
#pragma once

#include "assay/sdk/training.h"

/// For Procedure::check(): throws Error{kParameter} if the first `samples` training samples are
/// several batches and the objective compares the samples of one, if the model has no parameter
/// with a gradient, or as check_measured_objective().
void check_first_batches(const assay::Parts& parts, std::int64_t samples, std::int64_t batch);

/// The first `samples` training samples, or all, in batches of `batch` on the context's device.
/// Throws Error{kParameter} if they are several batches and the objective compares the samples of
/// one, or if the model has no parameter with a gradient.
std::vector<assay::Batch> load_first_batches(const assay::Parts& parts, std::int64_t samples,
                                             std::int64_t batch, const assay::Context& context);
