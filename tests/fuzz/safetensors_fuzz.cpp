// Weight files, whole.
#include "tests/fuzz/tensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return assay::fuzzing::answer(
      size, [&] { assay::fuzzing::read_twice(assay::fuzzing::text_of(data, size)); });
}
