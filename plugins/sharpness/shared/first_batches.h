// The training samples that a trained model's loss is measured on.
#pragma once

#include "assay/sdk/training.h"

/// The first `samples` training samples, or all, in batches of `batch` on the context's device.
std::vector<assay::Batch> first_batches(const assay::Dataset& dataset, std::int64_t samples,
                                        std::int64_t batch, const assay::Context& context);
