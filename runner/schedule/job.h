// The job of one stage.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "runner/manifest/trial.h"
#include "runner/protocol/job.h"

namespace assay {

/// The run folder of the stage with this id.
using FolderOf = std::function<std::filesystem::path(const std::string& id)>;

/// `stage` is one of `trial`. All paths are made absolute.
Job job_of(const Experiment& experiment, const Trial& trial, const Stage& stage,
           const FolderOf& folder_of, int threads);

}  // namespace assay
