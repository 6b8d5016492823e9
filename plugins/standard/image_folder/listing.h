// Which image files there are, and what is known of each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "assay/schema.h"

/// Sorted by path below the root; the place of an image is its id.
struct Listing {
  std::vector<std::filesystem::path> files;
  std::vector<std::int64_t> classes;  // of each, a place in class_names
  std::vector<std::int64_t> groups;   // of each, a place in group_names; empty: no groups
  std::vector<std::int64_t> splits;   // of each: 0 train, 1 validation, 2 test; empty: not told
  assay::Strings class_names, group_names;  // in alphabetical order
  std::int64_t other_files = 0;             // in the folders of classes, which are no images
  std::filesystem::path other;              // the first of them
};

/// Of folders: <root>/<class>/<image>, or <root>/<split>/<class>/<image> with the splits train,
/// validation (or val) and test. `layout` is classes, splits, or auto. Throws assay::Error{kData}
/// if there is no image, if `auto` could be both, or if a class has no training image.
Listing list_folders(const std::filesystem::path& root, const std::string& layout);

/// The columns of a table of images. "": there is no such column.
struct Columns {
  std::string file, label, group, split;
  assay::Strings split_names;  // how train, validation and test are called there
};

/// Of a table in a CSV file, whose first row names the columns; paths are relative to `root`.
/// Throws assay::Error{kData} with the line.
Listing list_table(const std::filesystem::path& root, const std::filesystem::path& table,
                   const Columns& columns);
