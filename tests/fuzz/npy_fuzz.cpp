// Arrays of NumPy.
#include "plugins/standard/npy/read_npy.h"

#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static assay::fuzzing::MemoryFile file;
  const auto& path = file.with(data, size);
  return assay::fuzzing::answer(size, [&] { read_npy(path); });
}
