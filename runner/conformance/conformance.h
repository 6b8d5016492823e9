// Conformance: what every component owes, asked of one that is registered.
#pragma once

#include "assay/registry.h"

namespace assay::conformance {

struct Verdict {
  Strings broken = {};       // a sentence for each promise that the component does not keep
  std::string skipped = {};  // why it could not be built, or its kind has no promises; or ""
};

/// Builds `entry` and lets it work on tiny data with other components of `registry`: `sgd`, `train`
/// and `select` are among them.
Verdict test_component(const Registry& registry, const Entry& entry);

}  // namespace assay::conformance
