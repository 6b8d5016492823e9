// The job of one stage.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "runner/manifest/trial.h"
#include "runner/protocol/job.h"

namespace assay {

/// `after` holds the run folder of each stage that this one builds on. All paths are made
/// absolute.
Job job_of(const Experiment& experiment, const Stage& stage, const std::filesystem::path& dir,
           const std::map<std::string, std::filesystem::path>& after, int threads);

}  // namespace assay
