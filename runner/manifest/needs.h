// Needs: whether the components of a stage have the abilities that others need.
#pragma once

#include "runner/manifest/check.h"
#include "runner/manifest/stages.h"

namespace assay {

/// Complains of each component that `procedure` takes, and of those within it, whose needs another
/// component of the stage does not meet.
void check_needs(const Stage& stage, const ComponentInfo& procedure, Checker& checker);

}  // namespace assay
