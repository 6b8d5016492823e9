// What the words of a call mean: a manifest with overrides, or run folders.
#pragma once

#include "runner/cli/verb.h"
#include "runner/manifest/manifest.h"
#include "runner/manifest/versions.h"

namespace assay::cli {

/// The search path of --plugins, ASSAY_PLUGIN_PATH, the data folder and the installation; in safe
/// mode, which is said on standard error, the last alone.
Catalog catalog_of(const Call& call);

/// An experiment and the folder its runs lie in.
struct Asked {
  Experiment experiment;
  std::filesystem::path runs;
  std::vector<Version> versions = {};  // that its folder holds; of a manifest, for the record only
  std::vector<Trial> refused = {};     // cannot go on, and are shown with the others
  bool is_manifest = false;
  bool is_whole = true;  // else run folders, and what they build upon
};

/// `words[0]` as a manifest, the others as overrides.
Experiment manifest_of(const Call& call, const Catalog& catalog);

/// `words[0]` as a manifest, and what its folder tells of earlier calls.
Asked asked_by_manifest(const Call& call, const Catalog& catalog);

/// Manifests, each with the overrides that follow it, or folders: see folders.h.
std::vector<Asked> experiments_of(const Call& call, const Catalog& catalog);

/// If run folders were asked for, all of that experiment's, which share a report.
Asked whole_of(const Call& call, const Asked& asked);

/// Manifests, each with the overrides that follow it.
std::vector<Call> one_a_manifest(const Call& call);

bool is_override(const std::string& word);

}  // namespace assay::cli
