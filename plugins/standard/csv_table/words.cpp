#include "words.h"

#include <set>
#include <unordered_map>

#include "assay/error.h"
#include "assay/utf8.h"

using assay::Error;
using assay::ErrorKind;

Words words_of(const Table& table, std::size_t column) {
  std::set<std::pair<double, std::string>> sorted;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const auto& word = table.rows[r][column];
    double x = 0;
    if (!parse_number(word, x)) x = 0;
    if (sorted.emplace(x, word).second && !assay::is_utf8(word))
      throw Error(ErrorKind::kData, table.place(r, column) + " is not UTF-8");
  }
  Words words;
  std::unordered_map<std::string, std::int64_t> code;
  for (const auto& [value, word] : sorted) {
    code.emplace(word, std::ssize(words.names));
    words.names.push_back(word);
  }
  for (const auto& row : table.rows) words.codes.push_back(code.at(row[column]));
  return words;
}

void check_classes(const Table& table, std::size_t column, const Words& words) {
  constexpr std::size_t kFew = 100;
  const auto classes = words.names.size(), rows = table.rows.size();
  if (classes > kFew && classes > rows / 2)
    throw Error(ErrorKind::kData, table.file.string() + ": the label column `" +
                                      table.names[column] + "` has " + std::to_string(classes) +
                                      " different values in " + std::to_string(rows) +
                                      " rows; to predict real numbers use `task: regression`");
}
