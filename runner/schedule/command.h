// The output of a short program that may not hang us.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace assay {

/// Standard output of `words`, found on PATH, run without input; nothing where it cannot be
/// started, fails, or takes longer than `seconds`.
std::optional<std::string> output_of(std::vector<std::string> words, double seconds);

}  // namespace assay
