// Whole manifests with what they include: m.yaml, a.yaml and b.yaml, with a NUL between.
#include "runner/manifest/current.h"
#include "runner/manifest/settings.h"
#include "runner/manifest/versions.h"
#include "tests/fuzz/manifests.h"

using namespace assay;

namespace {

const Catalog catalog = fuzzing::catalog_without_paths();

// What the experiment's folder keeps of a manifest is that manifest.
void check_record(const fuzzing::Folder& folder, const Experiment& experiment) {
  std::filesystem::remove(folder.path() / kVersionsFile);
  record_version(folder.path(), experiment, {});
  const auto again = read_versions(folder.path()).front().experiment;
  fuzzing::require(again.trials.size() == experiment.trials.size(), "the record has every trial");
  auto stage = again.trials.front().stages.front();
  Complaints complaints;
  make_current(stage, {}, catalog, {}, complaints);
  fuzzing::require(complaints.empty(), "a stage that was read back has its identity");
  fuzzing::require(settings_of(*again.source) == settings_of(*experiment.source),
                   "the record keeps the settings");
}

void write_parts(const fuzzing::Folder& folder, std::string text) {
  for (const char* name : {"m.yaml", "a.yaml", "b.yaml"}) {
    const auto end = std::min(text.find('\0'), text.size());
    folder.write(name, text.substr(0, end));
    text.erase(0, end + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzzing::Folder folder;
  write_parts(folder, fuzzing::text_of(data, size));
  const auto file = folder.path() / "m.yaml";
  return fuzzing::answer(size, [&] {
    std::optional<Experiment> experiment;
    try {
      if (!fuzzing::is_small(file, {}, catalog)) return;
      experiment = read_experiment(file, {}, catalog);
    } catch (const ManifestErrors& errors) {
      return fuzzing::check_places(errors);
    }
    check_record(folder, *experiment);
  });
}
