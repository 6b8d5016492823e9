// Whole manifests with what they include: m.yaml, a.yaml and b.yaml, with a NUL between.
#include "tests/fuzz/manifests.h"

using namespace assay;

namespace {

const Catalog catalog = fuzzing::catalog_without_paths();

// What a run folder keeps of a stage is that stage.
void check_resolved(const fuzzing::Folder& folder, const Experiment& experiment) {
  const auto& trial = experiment.trials.front();
  const auto& stage = trial.stages.front();
  const auto file = folder.write("resolved.yaml", resolved_yaml(experiment, trial, stage));
  const auto again = read_resolved(file, catalog, Reading::kSame);
  fuzzing::require(again.name == experiment.name, "resolved.yaml keeps the name");
  fuzzing::require(again.trials.front().stages.front().id == stage.id,
                   "resolved.yaml keeps the identity");
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
    check_resolved(folder, *experiment);
  });
}
