// The job line of README.md: what the front end asks one worker to do.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "runner/manifest/trial.h"

namespace assay {

/// `after` holds the run folder of each stage that this one builds on. All paths are made
/// absolute.
std::string job_line(const Experiment& experiment, const Trial& trial, const Stage& stage,
                     const std::filesystem::path& dir,
                     const std::map<std::string, std::filesystem::path>& after, int threads);

}  // namespace assay
