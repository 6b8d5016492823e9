// IDX images and labels, plain or gzipped.
#include "assay/sdk/idx.h"

#include "tests/fuzz/memory_file.h"
#include "tests/fuzz/target.h"

using namespace assay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzzing::MemoryFile file;
  const auto& path = file.with(data, size);
  fuzzing::answer(size, [&] { read_idx_labels(path, 1); });
  return fuzzing::answer(size, [&] {
    fuzzing::require(read_idx_images(path).dim() == 3, "images have three dimensions");
  });
}
