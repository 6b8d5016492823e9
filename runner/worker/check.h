// Check: whether the components of a job can be built, without running anything.
#pragma once

#include <filesystem>

namespace assay {

/// Reads the job in `file` and prints a CheckAnswer on standard output. Returns the exit code.
int check_job(const std::filesystem::path& file);

}  // namespace assay
