// The interactive page: one file, which needs nothing from elsewhere.
#pragma once

#include "glc/shared/rules/rules.h"
#include "glc/shared/search/table.h"

namespace glc {

/// HTML with the rows and the rules in it. `split` is what the rows are called; axes go over
/// `ranges`; `ids` are the rows' names.
std::string page(const Table& table, const Rules& rules, const std::string& split,
                 const std::vector<Interval>& ranges, const std::vector<double>& ids);

}  // namespace glc
