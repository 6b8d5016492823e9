// @relation, @attribute NAME TYPE, @inputs, @outputs, @data.
#include "keel.h"

#include <algorithm>
#include <cctype>
#include <sstream>

#include "assay/error.h"

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// `Class {a, b}` and `Class{a,b}`: a type may begin without a blank.
std::string name_of(const std::string& rest) {
  const auto start = rest.find_first_not_of(" \t");
  if (start == std::string::npos) return "";
  return rest.substr(start, rest.find_first_of(" \t{[\r", start) - start);
}

}  // namespace

bool is_keel(const std::string& text) {
  const auto start = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  return lower(text.substr(start, 9)) == "@relation";
}

std::vector<std::string> read_keel_head(std::istream& in, std::int64_t& line,
                                        const std::filesystem::path& file) {
  std::vector<std::string> names;
  const auto fail = [&](const std::string& what) {
    throw assay::Error(assay::ErrorKind::kData,
                       file.string() + ":" + std::to_string(line) + ": " + what);
  };
  for (std::string text; std::getline(in, text);) {
    ++line;
    std::istringstream words(text);
    std::string word, rest;
    words >> word;
    std::getline(words, rest);
    word = lower(word);
    if (word == "@data" && names.empty()) fail("`@data` needs an `@attribute` before it");
    if (word == "@data") return names;
    if (word == "@attribute") {
      names.push_back(name_of(rest));
      if (names.back().empty()) fail("`@attribute` has no name");
    } else if (!word.empty() && word[0] != '%' && word != "@relation" && word != "@inputs" &&
               word != "@input" && word != "@outputs" && word != "@output") {
      fail("`" + word +
           "` is not accepted in the header of a KEEL file; `@data` must come before the rows");
    }
  }
  fail("ends without `@data`");
  return names;
}
