// What a dataset gives, against what it says of itself: another reading of its numbers would look
// like a result.
#pragma once

#include "assay/dataset.h"

namespace assay {

/// Throws Error{kData} unless `batch` has the samples `ids` in this order, inputs of Info's shape
/// and type without NaN and infinity, and targets and groups within Info's.
void check_loaded(const Batch& batch, std::span<const std::int64_t> ids, const Info& info);

}  // namespace assay
