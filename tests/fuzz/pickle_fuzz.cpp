// The pickled files of CIFAR-10 for Python.
#include "plugins/standard/cifar10/pickle.h"

#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return assay::fuzzing::answer(
      size, [&] { unpickle(assay::fuzzing::text_of(data, size), "data_batch_1"); });
}
