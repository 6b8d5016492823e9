// Needs: whether the components of a stage have the abilities that others need.
#pragma once

#include <set>
#include <string>

#include "runner/manifest/check.h"
#include "runner/manifest/stages.h"

namespace assay {

/// Why an optimizer cannot stand within another one; empty if it can.
std::string why_not_nested(const ComponentInfo& optimizer);

/// The kinds of component that a procedure takes, and "procedure".
std::set<std::string> list_taken_kinds(const ComponentInfo& procedure);

/// Complains of each component that `procedure` takes, and of those within it, whose needs another
/// component of the stage does not meet. `nodes` has the components of the stage by kind.
void check_needs(const Stage& stage, const std::map<std::string, Node>& nodes,
                 const ComponentInfo& procedure, Checker& checker);

}  // namespace assay
