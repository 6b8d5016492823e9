// Small files, each whole or not at all.
#include "runner/schedule/prepare.h"

#include <fmt/core.h>

#include <system_error>

#include "assay/error.h"
#include "runner/files/file_system.h"
#include "runner/manifest/manifest.h"

namespace assay {

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    throw Error(ErrorKind::kIo,
                fmt::format("cannot create the folder {}: {}; name a folder that can "
                            "be written with --runs",
                            folder.string(), error.message()));
  file_system().sync_folder(std::filesystem::absolute(folder).parent_path());
}

void forget(StageOutcome& outcome) {
  // What says that it is done goes first: a kill in between must not leave that alone.
  for (const char* name : {"status.json", "checkpoints", "artifacts", "metrics.jsonl"})
    file_system().remove_all(outcome.dir / name);
  outcome.status = {};
}

void describe(const Experiment& experiment, const Task& task, const Provenance& provenance,
              int threads) {
  const auto& dir = task.outcome.dir;
  // A resumed run folder keeps the manifest it came from.
  if (experiment.file.filename() != "resolved.yaml")
    write_atomically(dir / "manifest.yaml", experiment.text);
  write_atomically(dir / "resolved.yaml", resolved_yaml(experiment, *task.trial, *task.stage));
  write_atomically(dir / "provenance.json", provenance.text(*task.trial, *task.stage, threads));
}

}  // namespace assay
