#include "header.h"

#include <algorithm>
#include <set>

#include "table.h"

namespace {

// What one column tells of its first cell.
enum class Hint {
  kName,   // a word above numbers
  kMaybe,  // a word above classes, none of which it is
  kIndex,  // the number of its column, above numbers
  kData,   // a number above numbers, or one of the classes below
  kNone
};

struct Judge {
  const std::vector<std::string>& missing;
  char decimal;

  bool is_missing(const std::string& cell) const {
    return std::find(missing.begin(), missing.end(), cell) != missing.end();
  }

  Hint of_words(const std::string& first, const std::vector<const std::string*>& below) const {
    std::set<std::string> different;
    for (const auto* cell : below) different.insert(*cell);
    if (different.contains(first)) return Hint::kData;
    return 2 * different.size() > below.size() ? Hint::kNone : Hint::kMaybe;  // none: no classes
  }

  Hint of_column(const std::vector<Row>& rows, std::size_t column) const {
    constexpr std::size_t kMost = 1000;
    std::vector<const std::string*> below;
    bool numbers = true;
    double x = 0;
    for (std::size_t r = 1; r < std::min(rows.size(), kMost + 1); ++r) {
      if (column >= rows[r].cells.size() || is_missing(rows[r].cells[column])) continue;
      below.push_back(&rows[r].cells[column]);
      numbers = numbers && parse_number(*below.back(), x, decimal);
    }
    const auto& first = rows[0].cells[column];
    if (below.empty() || (is_missing(first) && !first.empty())) return Hint::kNone;
    if (!numbers) return first.empty() ? Hint::kNone : of_words(first, below);
    if (!parse_number(first, x, decimal)) return first.empty() ? Hint::kNone : Hint::kName;
    return first == std::to_string(column) ? Hint::kIndex : Hint::kData;
  }
};

}  // namespace

FirstRow judge_first_row(const std::vector<Row>& rows, const std::vector<std::string>& missing,
                         char decimal) {
  if (rows.size() < 2) return FirstRow::kData;
  const Judge judge{missing, decimal};
  const auto columns = rows[0].cells.size();
  std::size_t names = 0, maybe = 0, index = 0, data = 0;
  for (std::size_t k = 0; k < columns; ++k) {
    const auto hint = judge.of_column(rows, k);
    names += hint == Hint::kName, maybe += hint == Hint::kMaybe;
    index += hint == Hint::kIndex, data += hint == Hint::kData;
  }
  if (data == 0 && names > 0) return FirstRow::kNames;
  if (data == 0 && maybe > 0) return FirstRow::kNames;  // with words, or numbers in order, beside
  if (data == 0 && index > 0) return index > 2 ? FirstRow::kNames : FirstRow::kUnclear;
  return names > 0 || maybe > 0 ? FirstRow::kUnclear : FirstRow::kData;
}
