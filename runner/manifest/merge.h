// The versions of an experiment as one table: each trial once, and told apart by what differs.
#pragma once

#include <vector>

#include "runner/manifest/versions.h"

namespace assay {

struct Merged {
  Experiment experiment;       // limits and report are those of the last version
  std::size_t superseded = 0;  // trials left out: a later version asks for them with other builds
  Strings differing;           // the keys of Trial::differs
};

/// The trials of `versions`. Those of different versions that have the same axes get in
/// Trial::differs what else differs: settings of the manifests, data, builds, or as a last resort
/// the number of the version. Requires a version.
Merged merge_versions(const std::vector<Version>& versions);

}  // namespace assay
