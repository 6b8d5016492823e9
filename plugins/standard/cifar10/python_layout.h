// CIFAR-10 for Python: a pickled dictionary with `data`, [N, 3072] uint8, and `labels`.
#pragma once

#include <string>
#include <string_view>

#include "assay/sdk/images.h"

inline constexpr std::int64_t kImageBytes = 3 * 32 * 32;  // red, green and blue, row by row

/// Nothing of the file is executed. Throws Error{kData} that names `file` for anything but such a
/// dictionary.
assay::ImageSet::Files read_python_layout(std::string_view bytes, const std::string& file);
