// Table: cells of a text file, each with its place.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

struct TableFormat {
  std::string separator = ",";  // a single blank stands for any run of blanks
  std::string header = "auto";  // auto, yes, no
  std::int64_t skip_lines = 0;
  std::vector<std::string> names = {};  // of the columns, in place of the file's own
};

struct Table {
  std::filesystem::path file;
  std::vector<std::string> names;              // of the columns; numbers where there is no header
  std::vector<std::vector<std::string>> rows;  // trimmed cells
  std::vector<std::int64_t> lines;             // the line of each row, from 1

  /// A column by name or number, negative ones from the end. Throws assay::Error{kData}.
  std::size_t column(const std::string& name) const;
  /// The number in a cell. Throws assay::Error{kData} for a word, or what no float can hold.
  double number(std::size_t row, std::size_t column) const;
  std::string place(std::size_t row, std::size_t column) const;  // file:line:column
};

/// A KEEL .dat file tells its format itself. Throws assay::Error{kData} for a file that cannot be
/// read or a row of another length.
Table read_table(const std::filesystem::path& file, const TableFormat& format);

/// The number, or nothing where the text is none.
bool parse_number(const std::string& text, double& number);
