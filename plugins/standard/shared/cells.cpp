#include "cells.h"

#include "assay/error.h"

namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

class RowReader {
 public:
  RowReader(std::string_view text, const std::string& separator, std::int64_t line,
            const std::filesystem::path& file)
      : text_(text), separator_(separator), line_(line), file_(file) {}

  bool at_end() const { return at_ >= text_.size(); }
  std::int64_t line() const { return line_; }  // of what was read last
  std::string_view rest_of_line() const { return text_.substr(at_, text_.find('\n', at_) - at_); }
  void skip_line() {
    at_ += rest_of_line().size() + 1;
    ++line_;
  }

  Row row() {
    Row row{{}, ++line_};
    while (!at_line_end() || (row.cells.empty() && !is_run())) {
      row.cells.push_back(cell());
      if (!pass_separator()) break;
      if (at_line_end() && !is_run()) row.cells.emplace_back();  // after the last separator
    }
    ++at_;
    return row;
  }

 private:
  bool is_run() const { return separator_ == " "; }
  bool at_line_end() const { return at_end() || text_[at_] == '\n'; }

  // Blanks within a line that are no separators.
  void skip_blanks() {
    while (!at_line_end() && kBlanks.find(text_[at_]) != std::string_view::npos &&
           (is_run() || !text_.substr(at_).starts_with(separator_)))
      ++at_;
  }

  std::string cell() {
    skip_blanks();
    if (!at_end() && text_[at_] == '"') return quoted_cell();
    const auto found = text_.substr(at_, end_of_cell() - at_);
    at_ += found.size();
    return std::string(trimmed(found));
  }

  // Looks no further than the end, so that neither a long line nor a long column costs the square
  // of its length.
  std::size_t end_of_cell() const {
    const auto stops = is_run() ? std::string(" \t\r\n") : std::string{'\n', separator_[0]};
    auto end = at_;
    while ((end = text_.find_first_of(stops, end)) < text_.size() && text_[end] != '\n' &&
           !is_run() && !text_.substr(end).starts_with(separator_))
      ++end;
    return std::min(end, text_.size());
  }

  std::string quoted_cell() {
    const auto first = line_;
    std::string found;
    for (++at_; !at_end(); ++at_) {
      if (text_[at_] == '"' && text_.substr(at_ + 1, 1) != "\"") {
        ++at_;
        skip_blanks();
        return found;
      }
      if (text_[at_] == '"') ++at_;  // a doubled one
      if (text_[at_] == '\n') ++line_;
      found += text_[at_];
    }
    fail(first, "a quote `\"` opens here and is not closed");
  }

  // False at the end of the row.
  bool pass_separator() {
    if (at_line_end()) return false;
    if (is_run()) {
      skip_blanks();
      return !at_line_end();
    }
    if (!text_.substr(at_).starts_with(separator_))
      fail(line_,
           "text follows a closing quote, where `" + separator_ + "` or the line's end must");
    at_ += separator_.size();
    return true;
  }

  [[noreturn]] void fail(std::int64_t line, const std::string& what) const {
    throw assay::Error(assay::ErrorKind::kData,
                       file_.string() + ":" + std::to_string(line) + ": " + what);
  }

  std::string_view text_;
  const std::string& separator_;
  std::int64_t line_;
  const std::filesystem::path& file_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<Row> read_rows(std::string_view text, const std::string& separator, std::int64_t line,
                           std::int64_t skip_lines, const std::filesystem::path& file) {
  RowReader reader(text, separator, line, file);
  std::vector<Row> rows;
  while (!reader.at_end()) {
    if (reader.line() < skip_lines || trimmed(reader.rest_of_line()).empty())
      reader.skip_line();
    else
      rows.push_back(reader.row());
  }
  return rows;
}
