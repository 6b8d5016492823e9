// experiment.jsonl: what was asked for in an experiment's folder. A manifest that is run after it
// was edited, or with another build, is another version.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "runner/manifest/trial.h"

namespace assay {

inline constexpr const char* kVersionsFile = "experiment.jsonl";

struct Version {
  int number = 0;                // from 1, in the order in which they were first run
  double asked = 0;              // seconds since 1970, of its record
  std::filesystem::path folder;  // the experiment's, as it was called then
  Location at;                   // of the record
  Experiment experiment;         // its name is that of today's folder
  /// Stages that were done already, in folders of other experiments: id -> folder below runs/.
  std::map<std::string, std::string> taken;
};

/// In the order in which they were last run. Throws Error{kIo} if `folder` has no experiment.jsonl,
/// Error{kCorrupt} with the line for a record that Assay does not write.
std::vector<Version> read_versions(const std::filesystem::path& folder);

/// Appends a record, if it is not the last one already. Called under the lock of the folder.
void record_version(const std::filesystem::path& folder, const Experiment& experiment,
                    const std::map<std::string, std::string>& taken);
/// Adds to the last record, if there is one, what a resumed folder has taken since.
void record_taken(const std::filesystem::path& folder,
                  const std::map<std::string, std::string>& taken);

}  // namespace assay
