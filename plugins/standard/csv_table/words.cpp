#include "words.h"

#include <map>
#include <unordered_map>

#include "assay/error.h"
#include "assay/utf8.h"

using assay::Error;
using assay::ErrorKind;

namespace {

using Key = std::pair<double, std::string>;  // a number without a word, or 0 and a word

Key key_of(const std::string& word, char decimal) {
  double x = 0;
  if (parse_number(word, x, decimal)) return {x, ""};
  return {0, word};
}

bool is_shorter(const std::string& a, const std::string& b) {
  return std::pair(a.size(), a) < std::pair(b.size(), b);
}

}  // namespace

Words words_of(const Table& table, std::size_t column) {
  std::map<Key, std::string> spelling;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const auto& word = table.rows[r].cells[column];
    const auto [it, is_new] = spelling.emplace(key_of(word, table.decimal), word);
    if (is_new && !assay::is_utf8(word))
      throw Error(ErrorKind::kData, table.place(r, column) + " is not UTF-8");
    if (is_shorter(word, it->second)) it->second = word;
  }
  Words words;
  std::map<Key, std::int64_t> code;
  for (const auto& [key, word] : spelling) {
    code.emplace(key, std::ssize(words.names));
    words.names.push_back(word);
  }
  std::unordered_map<std::string, std::int64_t> known;
  for (const auto& row : table.rows) {
    const auto [it, is_new] = known.emplace(row.cells[column], 0);
    if (is_new) it->second = code.at(key_of(row.cells[column], table.decimal));
    words.codes.push_back(it->second);
  }
  return words;
}

std::string describe_similar(const Words& words) {
  std::map<std::string, std::string> known;  // folded -> as written
  for (const auto& name : words.names) {
    std::string folded = name;
    for (char& c : folded)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (folded.size() > 1 && folded.ends_with('.')) folded.pop_back();
    const auto [it, is_new] = known.emplace(folded, name);
    if (!is_new)
      return "; the classes `" + it->second + "` and `" + name +
             "` differ only by case or a final `.`";
  }
  return "";
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
