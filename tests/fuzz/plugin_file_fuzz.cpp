// A plugin's file before it is loaded: ELF header, notes, ABI tag.
#include "runner/worker/plugin_file.h"

#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static assay::fuzzing::MemoryFile file;
  const auto& path = file.with(data, size);
  return assay::fuzzing::answer(size, [&] {
    const auto read = assay::read_plugin_file(path);
    assay::fuzzing::require(!read.build.empty(), "a plugin has a build id");
  });
}
