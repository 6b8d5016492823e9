// The job on a worker's standard input.
#include "runner/protocol/job.h"

#include "tests/fuzz/target.h"

using namespace assay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzzing::answer(size, [&] {
    const auto text = write_job(read_job(fuzzing::text_of(data, size)));
    fuzzing::require(write_job(read_job(text)) == text,
                     "a job is the same when it is written and read again");
  });
}
