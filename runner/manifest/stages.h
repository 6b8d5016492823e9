// Stages: the procedures of one point of a sweep, in an order in which they can run.
#pragma once

#include "runner/manifest/check.h"

namespace assay {

/// `root` has no references left. Ids are not filled in yet: `after` has empty ones.
std::vector<Stage> resolve_stages(const Node& root, Checker& checker);

}  // namespace assay
