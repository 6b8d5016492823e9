// Rows of a file, their names and numbers.
#include "table.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <numeric>
#include <sstream>

#include "assay/error.h"
#include "assay/schema.h"
#include "assay/utf8.h"
#include "header.h"
#include "keel.h"

namespace {

using assay::Error;
using assay::ErrorKind;

// Of a file that may be gzipped.
std::string all_of(const std::filesystem::path& file) {
  const auto closer = [](gzFile f) { gzclose(f); };
  const std::unique_ptr<gzFile_s, decltype(closer)> in(gzopen(file.c_str(), "rb"), closer);
  if (!in)
    throw Error(ErrorKind::kData, file.string() + ": cannot be read; expected a text file of rows");
  std::string text;
  char buffer[65536];
  int n = 0;
  while ((n = gzread(in.get(), buffer, sizeof buffer)) > 0)
    text.append(buffer, static_cast<std::size_t>(n));
  int status = Z_OK;
  gzerror(in.get(), &status);  // a truncated .gz ends like a whole one, but for this
  if (n < 0 || status != Z_OK)
    throw Error(ErrorKind::kData, file.string() + ": is truncated or damaged");
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // a byte-order mark is no number
  return text;
}

}  // namespace

bool parse_number(const std::string& text, double& number, char decimal) {
  if (decimal != '.') {
    if (text.find('.') != std::string::npos) return false;
    auto with_point = text;
    std::replace(with_point.begin(), with_point.end(), decimal, '.');
    return parse_number(with_point, number);
  }
  const auto* start = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(start, end, number);
  return error == std::errc() && at == end && std::isfinite(number);
}

std::size_t Table::column(const std::string& name) const {
  if (const auto it = std::find(names.begin(), names.end(), name); it != names.end())
    return static_cast<std::size_t>(it - names.begin());
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const auto count = static_cast<std::int64_t>(names.size());
  if (error == std::errc() && end == name.data() + name.size() && number >= -count &&
      number < count)
    return static_cast<std::size_t>(number < 0 ? number + count : number);
  const auto near = assay::nearest(name, names);
  throw Error(ErrorKind::kData, file.string() + ": there is no column `" + name + "`; it has " +
                                    std::to_string(count) + " columns, counted from 0" +
                                    (near.empty() ? "" : "; did you mean `" + near + "`?"));
}

std::string Table::place(std::size_t row, std::size_t column) const {
  return file.string() + ":" + std::to_string(rows[row].line) + ": column `" + names[column] + "`";
}

double Table::number(std::size_t row, std::size_t column) const {
  const auto& cell = rows[row].cells[column];
  double x = 0;
  if (!parse_number(cell, x, decimal))
    throw Error(ErrorKind::kData, place(row, column) + " is `" + cell + "`, expected a number; " +
                                      (decimal == '.' && parse_number(cell, x, ',')
                                           ? "if the comma is a decimal mark, use `decimal: \",\"`"
                                           : "use `drop_columns` to leave the column out"));
  if (!std::isfinite(static_cast<float>(x)))
    throw Error(ErrorKind::kData,
                place(row, column) + " is `" + cell +
                    "`, expected a number in the range of a 32-bit float, up to 3.4e38");
  return x;
}

namespace {

bool has_header(const std::vector<Row>& rows, const TableFormat& format,
                const std::filesystem::path& file) {
  if (format.header != "auto") return format.header == "yes";
  const auto first = judge_first_row(rows, format.missing, format.decimal);
  if (first == FirstRow::kUnclear)
    throw Error(ErrorKind::kData,
                file.string() + ":" + std::to_string(rows[0].line) +
                    ": it is unclear whether this row names the columns or is data: use `header: "
                    "yes` or `header: no`");
  return first == FirstRow::kNames;
}

// Names from a header, else numbers. Whether the file names its columns.
bool take_rows(std::vector<Row> rows, const TableFormat& format, Table& table) {
  bool named = !table.names.empty();
  if (!named && !rows.empty()) {
    named = has_header(rows, format, table.file);
    for (std::size_t k = 0; k < rows[0].cells.size(); ++k)
      table.names.push_back(named ? rows[0].cells[k] : std::to_string(k));
    if (named) rows.erase(rows.begin());
  }
  table.rows = std::move(rows);
  return named;
}

void check_columns(const Table& table) {
  for (std::size_t r = 0; r < table.rows.size(); ++r)
    if (table.rows[r].cells.size() != table.names.size())
      throw Error(ErrorKind::kData, table.file.string() + ":" + std::to_string(table.rows[r].line) +
                                        ": has " + std::to_string(table.rows[r].cells.size()) +
                                        " columns, expected " + std::to_string(table.names.size()) +
                                        " as in the first row or the header");
}

// A name that two columns have, or that no rule file could be written with, would be the wrong
// column's later.
void check_names(const Table& table) {
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorKind::kData,
                table.file.string() + ": " + what + "; use `names` to rename the columns");
  };
  std::vector<std::uint32_t> order(table.names.size());  // a file may have a million columns
  std::iota(order.begin(), order.end(), 0U);
  for (const auto k : order)
    if (!assay::is_utf8(table.names[k]))
      fail("the name of column " + std::to_string(k) + " is not UTF-8");
  std::sort(order.begin(), order.end(),
            [&](auto a, auto b) { return table.names[a] < table.names[b]; });
  const auto twice = std::adjacent_find(order.begin(), order.end(), [&](auto a, auto b) {
    return !table.names[a].empty() && table.names[a] == table.names[b];
  });
  if (twice != order.end()) fail("two columns are named `" + table.names[*twice] + "`");
}

}  // namespace

Table read_table(const std::filesystem::path& file, const TableFormat& format) {
  Table table{file, {}, {}, format.decimal};
  const auto text = all_of(file);
  std::string_view rest = text;
  std::int64_t line = 0;
  const bool keel = is_keel(text);
  if (keel) {
    std::istringstream in(text);
    table.names = read_keel_head(in, line, file);
    const auto end = static_cast<std::streamoff>(in.tellg());  // -1 at the end of the text
    rest.remove_prefix(end < 0 ? text.size() : static_cast<std::size_t>(end));
  }
  const bool named = take_rows(
      read_rows(rest, keel ? "," : format.separator, line, format.skip_lines, file), format, table);
  if (table.rows.empty()) throw Error(ErrorKind::kData, file.string() + ": has no rows");
  if (!format.names.empty() && format.names.size() != table.names.size())
    throw Error(ErrorKind::kData, file.string() + ": has " + std::to_string(table.names.size()) +
                                      " columns, but `names` has " +
                                      std::to_string(format.names.size()));
  if (!format.names.empty()) table.names = format.names;
  if (named || !format.names.empty()) check_names(table);  // a column's number is valid and its own
  check_columns(table);
  return table;
}
