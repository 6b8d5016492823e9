// Scalars of a State as JSON, without loss: JSON itself has no NaN, no infinity, no typed empty
// list.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "assay/value.h"

namespace assay {

/// As to_json(), but {"real": "NaN"} (or "Infinity", "-Infinity"), {"reals": [1.0, "NaN"]},
/// {"integers": []} and so on where that would not read back as what it was.
nlohmann::ordered_json scalars_to_json(const Values& scalars);
/// Throws Error{kCorrupt} for what scalars_to_json() does not write.
Values scalars_from_json(const nlohmann::ordered_json& json);

/// state.json of a checkpoint. Throws Error{kCorrupt} for scalars that parse_json() would not read.
std::string write_state(std::int64_t unit, const Values& scalars);
/// Its scalars. Throws Error{kCorrupt} for what write_state() does not write.
Values read_state(std::string_view text);

}  // namespace assay
