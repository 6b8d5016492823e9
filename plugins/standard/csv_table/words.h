// Words of a column as classes.
#pragma once

#include "standard/shared/table.h"

struct Words {
  /// Those that occur, numeric ones by value, others by the alphabet. Equal numbers, such as 1 and
  /// 1.0, are one, in its shortest spelling.
  std::vector<std::string> names;
  std::vector<std::int64_t> codes;  // of each row, its place in names
};

/// Throws assay::Error{kData} for a word that is not UTF-8.
Words words_of(const Table& table, std::size_t column);

/// "; the classes `a` and `A.` differ only by case or a final `.`" of the first two of which that
/// is true, or "".
std::string describe_similar(const Words& words);

/// Throws assay::Error{kData} where so many words are rather numbers to predict.
void check_classes(const Table& table, std::size_t column, const Words& words);
