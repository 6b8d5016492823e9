// The tables of results and of paired differences, cell by cell: for the terminal and for the page.
#pragma once

#include "runner/report/comparisons.h"

namespace assay {

/// Four decimals, or four significant digits if these would say nothing: 0.8125, 1.5e-05. With
/// `signs`, a number above 0 has a `+`.
std::string format_number(double x, bool signs = false);

/// A row of column names and a row for each, with `none` in place of a number that does not exist.
using Cells = std::vector<std::vector<std::string>>;
Cells format_groups(const Report& report, const std::string& none);
Cells format_comparisons(const std::vector<Comparison>& all, const std::string& none);

}  // namespace assay
