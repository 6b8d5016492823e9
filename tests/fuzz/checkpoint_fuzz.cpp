// files.json of a checkpoint that holds one file of three bytes.
#include "runner/files/checkpoint.h"

#include "tests/fuzz/folder.h"
#include "tests/fuzz/target.h"

using namespace assay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzzing::Folder folder;
  static const auto checkpoint = folder.write("unit-7/state.json", "{}\n").parent_path();
  folder.write("unit-7/files.json", fuzzing::text_of(data, size));
  return fuzzing::answer(size, [&] {
    const auto read = read_checkpoint(folder.path(), [](const std::string&) {});
    if (!read) return;
    fuzzing::require(read->unit == 7, "a checkpoint has its folder's unit");
    for (const auto& [name, bytes] : read->files)
      fuzzing::require(name == "state.json", "a checkpoint has only files of its folder");
  });
}
