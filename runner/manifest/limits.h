// `limits:` of a manifest, and as resolved.yaml keeps it.
#pragma once

#include <nlohmann/json.hpp>

#include "runner/manifest/check.h"

namespace assay {

/// Every mistake goes to the checker's complaints.
void check_limits(const Node& node, Checker& checker, Limits& into);

nlohmann::ordered_json limits_json(const Limits& limits);
/// What limits_json wrote, read back; defaults for what an older version did not write.
Limits limits_of(const Node* node);
Limits limits_from_json(const nlohmann::ordered_json& json, const Location& at);

}  // namespace assay
