// state.json of a checkpoint: the scalars of a State.
#pragma once

#include <string>
#include <string_view>

#include "assay/value.h"

namespace assay {

/// Throws Error{kPlugin} for scalars that parse_json() would not read.
std::string write_state(std::int64_t unit, const Values& scalars);
/// Its scalars. Throws Error{kCorrupt} for what write_state() does not write.
Values read_state(std::string_view text);

}  // namespace assay
