// Text into rows of cells.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

struct Row {
  std::vector<std::string> cells;  // without the blanks around them, and without quotes
  std::int64_t line = 0;           // where it begins, from 1
};

/// Reads the rows of `text`, the part of `file` after its first `line` lines. A cell in double
/// quotes may hold separators, line ends and, doubled, quotes (RFC 4180). A separator of one blank
/// stands for any run of blanks. Blank lines, and lines up to `skip_lines`, are left out. Throws
/// assay::Error{kData} for a quote that is not closed, or that text follows.
std::vector<Row> read_rows(std::string_view text, const std::string& separator, std::int64_t line,
                           std::int64_t skip_lines, const std::filesystem::path& file);
