// What the models ask of their data.
#pragma once

#include "assay/dataset.h"
#include "assay/model.h"
#include "glc/shared/search/table.h"

namespace glc {

/// Throws assay::Error{kData} where a number is not finite.
void check_finite(const assay::Samples& samples);
/// The same, and where all are of one class.
void check(const assay::Samples& samples);

/// Columns of samples of [N, columns], after check_finite().
Table table_of(const assay::Samples& samples, std::int64_t classes);

/// Names of a dataset's columns; numbers where it has none. Throws assay::Error{kParameter} where
/// its samples are no rows of a table.
std::vector<std::string> column_names(const assay::Info& info);
/// Its classes too; throws where there are none.
Rules named_after(const assay::Info& info);

}  // namespace glc
