// A stage as JSON: in resolved.yaml, in experiment.jsonl, and read back from there.
#pragma once

#include <nlohmann/json.hpp>

#include "runner/manifest/trial.h"

namespace assay {

/// All but `places`.
nlohmann::ordered_json to_json(const Stage& stage);
/// Throws Error{kCorrupt} or nlohmann's exception for what to_json() does not write.
Stage stage_from_json(const nlohmann::ordered_json& json);

}  // namespace assay
