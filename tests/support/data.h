// Where the real data sets for tests lie. A case without its data returns, and its program is
// reported as skipped.
#pragma once

#include <filesystem>

namespace assay::testing {

/// $ASSAY_DATA, or an empty path.
std::filesystem::path data_folder();
/// Whether the case is to be skipped for want of data_folder(), or of Fashion-MNIST; says so.
bool data_missing();
bool fashion_missing();
/// The cases that were.
int count_skipped();

}  // namespace assay::testing
