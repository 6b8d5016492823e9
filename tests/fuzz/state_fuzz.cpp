// state.json of a checkpoint.
#include "runner/worker/scalars.h"
#include "tests/fuzz/target.h"

using namespace assay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzzing::answer(size, [&] {
    const auto written = write_state(0, read_state(fuzzing::text_of(data, size)));
    fuzzing::require(write_state(0, read_state(written)) == written,
                     "scalars survive a checkpoint, bit for bit");
  });
}
