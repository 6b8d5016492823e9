// Whether the components of an experiment can be built, found out by a worker before anything runs.
#pragma once

#include <string>
#include <vector>

#include "runner/catalog/catalog.h"
#include "runner/manifest/trial.h"
#include "runner/protocol/check_answer.h"

namespace assay {

struct BuildCheck {
  const Stage* stage = nullptr;  // the first one with these components
  CheckAnswer answer;
};

struct BuildChecks {
  std::vector<BuildCheck> done;
  std::size_t combinations = 0;  // of components; at most kMostCombinations are built
  std::string problem;           // why there are fewer answers, or ""
};

inline constexpr std::size_t kMostCombinations = 64;

/// kLater: those that come after another one.
enum class StagesToBuild { kAll, kLater };

/// Builds the components of each stage, once however many seeds there are. The answers are
/// remembered in XDG_CACHE_HOME/assay by components, builds and data.
BuildChecks check_builds(const Experiment& experiment, StagesToBuild which);

/// Whether the answer is a mistake of the manifest or of a plugin, not of the machine.
bool is_mistake(const CheckAnswer& answer);

/// What a component says of its parameters, at their place in the manifest.
Diagnostic locate(const BuildCheck& check, const Experiment& experiment);

/// The same for the tables among the datasets alone: what they read.
BuildChecks check_tables(const Experiment& experiment, const Catalog& catalog);

}  // namespace assay
