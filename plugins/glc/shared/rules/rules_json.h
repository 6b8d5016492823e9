// Rules as a file: what `assay` writes, what the page saves, and what is read back to the last bit.
#pragma once

#include <filesystem>

#include "glc/shared/rules/rules.h"

namespace glc {

std::string to_json(const Rules& rules);

/// Throws assay::Error{kData} naming `source` and what is wrong in it.
Rules from_json(const std::string& text, const std::string& source);

/// Throws assay::Error{kData} unless the file's columns and classes are these; they may come in
/// another order, and are put into this one.
Rules fitted_to(Rules rules, const std::vector<std::string>& columns,
                const std::vector<std::string>& classes, const std::string& source);

}  // namespace glc
