// provenance.json: who ran what, where, with which versions of everything.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "runner/manifest/trial.h"

namespace assay {

/// What is the same for all stages of one call, or of one manifest, is asked for once.
class Provenance {
 public:
  Provenance(const Experiment& experiment, std::vector<std::string> argv);
  std::string text(const Trial& trial, const Stage& stage, int threads);

 private:
  const nlohmann::ordered_json& facts_of(const Source& source);

  const Experiment& experiment_;
  nlohmann::ordered_json call_;                                // argv, host, user, ...
  std::map<const Source*, nlohmann::ordered_json> by_source_;  // manifest, overrides, git
};

}  // namespace assay
