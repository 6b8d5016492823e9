// Tables of csv_table; the first two bytes choose the format.
#include "plugins/standard/shared/table.h"

#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/target.h"

using namespace assay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzzing::MemoryFile file;
  if (size < 2) return 0;
  const char* const separators[] = {",", " ", ";", "\t", "::"};
  const char* const headers[] = {"auto", "yes", "no"};
  const TableFormat format{separators[data[0] % 5], headers[data[1] % 3], data[1] / 3 % 4};
  const auto& path = file.with(data + 2, size - 2);
  return fuzzing::answer(size, [&] {
    const auto table = read_table(path, format);
    for (const auto& row : table.rows)
      fuzzing::require(row.cells.size() == table.names.size(), "each row has a cell a column");
    fuzzing::require(table.column("-1") < table.names.size(), "a column lies within the table");
    double number = 0;
    for (const auto& cell : table.rows[0].cells) parse_number(cell, number);
  });
}
