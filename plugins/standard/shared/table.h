// Table: cells of a text file, each with its place.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cells.h"

struct TableFormat {
  std::string separator = ",";  // a single blank stands for any run of blanks
  std::string header = "auto";  // auto, yes, no
  std::int64_t skip_lines = 0;
  std::vector<std::string> names = {};    // of the columns, in place of the file's own
  std::vector<std::string> missing = {};  // words of missing values, which name no column
  char decimal = '.';
};

struct Table {
  std::filesystem::path file;
  std::vector<std::string> names;  // of the columns; numbers if there is no header
  std::vector<Row> rows;
  char decimal = '.';

  /// A column by name or number, negative ones from the end. Throws assay::Error{kData}.
  std::size_t column(const std::string& name) const;
  /// The number in a cell. Throws assay::Error{kData} for a word, or what no float can hold.
  double number(std::size_t row, std::size_t column) const;
  std::string place(std::size_t row, std::size_t column) const;  // file:line:column
};

/// A KEEL .dat file tells its format itself. Throws assay::Error{kData} for a file that cannot be
/// read, for a row of another length, and if it is unclear whether the first row names the columns.
Table read_table(const std::filesystem::path& file, const TableFormat& format);

/// Reads a finite number with that decimal mark; false if the text is none.
bool parse_number(const std::string& text, double& number, char decimal = '.');
