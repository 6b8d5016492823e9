// experiment.jsonl of an experiment's folder.
#include "runner/manifest/merge.h"
#include "tests/fuzz/folder.h"
#include "tests/fuzz/target.h"

using namespace assay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzzing::Folder folder;
  folder.write(kVersionsFile, fuzzing::text_of(data, size));
  return fuzzing::answer(size, [&] {
    try {
      const auto merged = merge_versions(read_versions(folder.path()));
      for (const auto& trial : merged.experiment.trials) row_of(trial);
    } catch (const ManifestErrors& errors) {  // of the manifest in a record
      fuzzing::require(!errors.all().empty(), "a mistake has a sentence");
    }
  });
}
