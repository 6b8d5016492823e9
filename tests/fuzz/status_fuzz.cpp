// status.json of a run folder.
#include "runner/files/run_folder.h"

#include "tests/fuzz/folder.h"
#include "tests/fuzz/target.h"

using namespace assay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzzing::Folder folder;
  folder.write("status.json", fuzzing::text_of(data, size));
  return fuzzing::answer(size, [&] {
    const RunFolder run(folder.path());
    run.write_status(run.status());
    run.write_status(run.status());
  });
}
