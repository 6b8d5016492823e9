// The header of a weight file, in front of which its right length is put; the first byte says how
// many bytes follow it.
#include "tests/fuzz/tensors.h"
#include "tests/support/safetensors_bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto file = assay::testing::file_of(assay::fuzzing::text_of(data + 1, size - 1),
                                            std::string(data[0], '\1'));
  return assay::fuzzing::answer(file.size(), [&] { assay::fuzzing::read_twice(file); });
}
