#include "tests/faults/recording.h"

#include <stdexcept>

#include "runner/files/file_system.h"
#include "runner/files/run_folder.h"
#include "tests/support/shell.h"

namespace assay::testing {
namespace {

namespace fs = std::filesystem;

Checkpoint checkpoint_of(std::int64_t unit) {
  return {unit,
          {{"model.safetensors", "weights after " + std::to_string(unit)},
           {"state.json", std::string(300, static_cast<char>('a' + unit))}}};
}

std::string best_of(std::int64_t unit) {
  return "best of " + std::to_string(unit);
}

std::optional<Checkpoint> newest(const fs::path& folder) {
  return read_checkpoint(folder / "checkpoints", [](const std::string&) {});
}

void put_status(const RunFolder& folder, RunState state, std::int64_t unit) {
  Status status;
  status.state = state;
  status.unit = unit;
  folder.write_status(status);
}

void save(const RunFolder& folder, MetricsLog& log, std::int64_t unit) {
  log.sync();
  write_checkpoint(folder.checkpoints(), checkpoint_of(unit));
  put_status(folder, RunState::kRunning, unit);
}

std::vector<std::pair<std::int64_t, double>> rows_of(const fs::path& folder) {
  std::vector<std::pair<std::int64_t, double>> rows;
  for (const auto& row : read_metrics(folder / "metrics.jsonl"))
    rows.emplace_back(row.unit, row.value);
  return rows;
}

}  // namespace

void record(const fs::path& dir) {
  const RunFolder folder(dir);
  file_system().make_folders(dir);
  const auto found = newest(dir);
  std::int64_t unit = found ? found->unit : 0;
  MetricsLog log(folder.metrics(), "main", unit);
  while (unit < kUnits) {
    log.append(unit, "train/loss", 0.5 * static_cast<double>(unit));
    log.write();  // as each second, not synced
    if (unit % 3 == 2)
      write_named(folder.checkpoints(), "best", {{"model.safetensors", best_of(unit)}});
    if (unit == kUnits - 1) {
      file_system().make_folders(folder.artifacts());
      write_atomically(folder.artifacts() / "ids.safetensors", "1 2 3");
    }
    if (++unit % 2 == 0 || unit == kUnits) save(folder, log, unit);
  }
  put_status(folder, RunState::kDone, unit);
}

Recorded read_recorded(const fs::path& dir) {
  Recorded found;
  found.rows = rows_of(dir);
  if (const auto last = newest(dir)) found.last = *last;
  const auto best = dir / "checkpoints" / "best" / "model.safetensors";
  found.best = slurp(best);
  found.artifact = slurp(dir / "artifacts" / "ids.safetensors");
  found.state = RunFolder(dir).status().state;
  return found;
}

const Recorded& whole() {
  static const Recorded it = [] {
    const Folder folder;
    record(folder.path() / "run");
    return read_recorded(folder.path() / "run");
  }();
  return it;
}

void check_standing(const fs::path& dir) {
  const auto last = newest(dir);
  if (last && *last != checkpoint_of(last->unit)) throw std::logic_error("a corrupt checkpoint");
  const std::int64_t units = last ? last->unit : 0;
  const Folder copy;  // cut as a resumed stage does: what follows the checkpoint was not synced
  if (fs::exists(dir / "metrics.jsonl"))
    fs::copy_file(dir / "metrics.jsonl", copy.path() / "metrics.jsonl");
  MetricsLog(copy.path() / "metrics.jsonl", "main", units);
  const auto rows = rows_of(copy.path());
  if (static_cast<std::int64_t>(rows.size()) < units) throw std::logic_error("rows are lost");
  for (std::int64_t unit = 0; unit < units; ++unit)
    if (rows[static_cast<std::size_t>(unit)].first != unit) throw std::logic_error("wrong rows");
  if (RunFolder(dir).status().state == RunState::kDone && read_recorded(dir) != whole())
    throw std::logic_error("done, and not whole");
}

}  // namespace assay::testing
