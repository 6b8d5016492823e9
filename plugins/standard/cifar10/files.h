// The files of CIFAR-10, in the layout for C programs and in that for Python.
#pragma once

#include <filesystem>
#include <vector>

#include "assay/schema.h"
#include "assay/sdk/images.h"

/// The files in `root` whose names match one of `patterns`, sorted by name. Throws Error{kData} if
/// one of the patterns matches none, or if names end in .bin and not.
std::vector<std::filesystem::path> find_files(const std::filesystem::path& root,
                                              const assay::Strings& patterns);

/// Their images, [N, 3, 32, 32] uint8, and labels, one file after the other. A name ending in .bin
/// has records of 3073 bytes: label, then the red, green and blue pixels row by row. Any other file
/// is a pickled dictionary with `data` and `labels`. Throws Error{kData} that names the file.
assay::ImageSet::Files read_images(const std::vector<std::filesystem::path>& files);
