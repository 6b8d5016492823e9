// Probe: what a plugin file offers, or why it is refused, found out in a child process.
#pragma once

#include <string>
#include <vector>

namespace assay {

/// Prints one JSON line a file on standard output: {"file", "build", "components": [...]} or
/// {"file", "refused"}, with "crashed": true besides where it took its process along or hung, and
/// none where something killed the probe. Each file is loaded by a child of its own, with ten
/// seconds and 1 GiB to answer; what it leaves running is killed.
int probe(const std::vector<std::string>& files);

}  // namespace assay
