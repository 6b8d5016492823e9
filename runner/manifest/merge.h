// The versions of an experiment as one table: each trial once, and settings told apart.
#pragma once

#include <vector>

#include "runner/manifest/versions.h"

namespace assay {

struct Merged {
  Experiment experiment;       // limits and report are those of the last version
  std::size_t superseded = 0;  // trials left out: a later version asks for them with other builds
  Strings differing;           // in what the versions differ: keys of Trial::row that are no axes
};

/// The trials of `versions`. If several versions have some, Trial::row tells their settings apart:
/// by the axes of all versions, by what else differs between the manifests, data and builds, and as
/// a last resort by the number of the version. Trials of one setting have one row, those of two
/// never. Requires a version.
Merged merge_versions(const std::vector<Version>& versions);

}  // namespace assay
