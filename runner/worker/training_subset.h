// The training split cut to what an earlier stage selected.
#pragma once

#include <filesystem>
#include <memory>

#include "assay/dataset.h"

namespace assay {

/// `dataset` with the samples of the artifact `ids` in the run folder `stage`, and their weights if
/// it has any. Throws Error{kData}, with the file, for an artifact of another form.
std::shared_ptr<Dataset> cut_to_subset(std::shared_ptr<Dataset> dataset,
                                       const std::filesystem::path& stage);

/// Whether the artifact has weights.
bool has_sample_weights(const std::filesystem::path& stage);

}  // namespace assay
