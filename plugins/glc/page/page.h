// The interactive page: one file, which needs nothing from elsewhere.
#pragma once

#include "rules/rules.h"
#include "search/table.h"

namespace glc {

/// HTML with the rows and the rules in it. `split` is what the rows are called.
std::string page(const Table& table, const Rules& rules, const std::string& split);

}  // namespace glc
