// The manifest's front door: file and overrides in, experiment out.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runner/catalog/catalog.h"
#include "runner/manifest/diagnostics.h"
#include "runner/manifest/trial.h"

namespace assay {

/// Reads, composes, checks and sweeps. `overrides` are `path=value`, `+path=value`, `~path`.
/// Throws ManifestErrors with every mistake found, Error{kIo} where the file cannot be read.
Experiment read_experiment(const std::filesystem::path& file,
                           const std::vector<std::string>& overrides, const Catalog& catalog);

/// The run folder's resolved.yaml of one stage.
std::string resolved_yaml(const Experiment& experiment, const Trial& trial, const Stage& stage);

/// JSON Schema (draft 2020-12) of manifests with the components of `catalog`.
std::string manifest_schema(const Catalog& catalog);

}  // namespace assay
