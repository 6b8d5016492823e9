// provenance.json: who ran what, where, with which versions of everything.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "runner/manifest/trial.h"

namespace assay {

/// What is the same for all stages of one call; asked for once.
class Provenance {
 public:
  Provenance(const Experiment& experiment, std::vector<std::string> argv);
  std::string text(const Trial& trial, const Stage& stage, int threads) const;

 private:
  const Experiment& experiment_;
  nlohmann::ordered_json call_;  // argv, host, user, git, ...
};

}  // namespace assay
