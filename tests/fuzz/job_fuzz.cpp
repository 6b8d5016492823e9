// The job on a worker's standard input.
#include "runner/protocol/job.h"

#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return assay::fuzzing::answer(size,
                                [&] { assay::read_job(assay::fuzzing::text_of(data, size)); });
}
