// Small files, each whole or not at all.
#include "runner/schedule/prepare.h"

#include <fmt/core.h>

#include "assay/error.h"
#include "runner/files/file_system.h"
#include "runner/files/rights.h"
#include "runner/manifest/manifest.h"

namespace assay {

void make_folder(const std::filesystem::path& folder) {
  try {
    file_system().make_folders(std::filesystem::absolute(folder));
  } catch (const DiskFull&) {
    throw;
  } catch (const Error& error) {
    throw Error(ErrorKind::kIo,
                fmt::format("{}; pass a writable folder with --runs", error.what()));
  }
  check_rights(folder);
}

void check_rights(const std::filesystem::path& folder) {
  if (const auto why = open_to_all(folder); !why.empty()) throw Error(ErrorKind::kIo, why);
}

void clear_run(StageOutcome& outcome) {
  // What says that it is done goes first: a kill or a power cut in between must not leave that
  // alone.
  auto& disk = file_system();
  disk.remove_all(outcome.dir / "status.json");
  if (std::filesystem::exists(outcome.dir)) disk.sync_folder(outcome.dir);
  for (const char* name : {"checkpoints", "artifacts", "metrics.jsonl"})
    disk.remove_all(outcome.dir / name);
  outcome.status = {};
}

void write_resolved(const Experiment& experiment, const Task& task) {
  write_atomically(task.outcome.dir / "resolved.yaml",
                   resolved_yaml(experiment, *task.trial, *task.stage));
}

void write_provenance(const Task& task, Provenance& provenance, int threads) {
  const auto& dir = task.outcome.dir;
  write_atomically(dir / "manifest.yaml", task.trial->source->text);
  write_atomically(dir / "provenance.json", provenance.text(*task.trial, *task.stage, threads));
}

}  // namespace assay
