// Counts the forward and backward passes of an optimizer's steps.
#pragma once

#include <string>
#include <vector>

namespace assay {

/// Builds the optimizer that `spec` describes as JSON, from the plugins in `files`, takes steps on
/// a small problem, and prints one line of JSON: the largest numbers of passes of the first 24
/// steps as {"forward", "backward"}, each {"constant", "per_term", "per_group"}, and "varies",
/// whether the steps differ; or {"error"}. Returns the exit code of the process.
int count_passes(const std::string& spec, const std::vector<std::string>& files);

}  // namespace assay
