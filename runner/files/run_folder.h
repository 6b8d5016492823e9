// A run on disk: runs/<name>/<id>/, the one place where a stage leaves anything.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runner/files/run_state.h"

namespace assay {

/// status.json: replaced atomically, so it is always whole.
struct Status {
  RunState state = RunState::kQueued;
  std::int64_t unit = 0;  // units done; of a stage that does not run, as of its checkpoint
  std::int64_t units = 0;
  int attempts = 0;
  double started = 0;  // seconds since 1970, of the first attempt
  double ended = 0;
  int threads = 0;         // CPU threads that the last attempt used; 0: not known
  double seconds = 0;      // spent working, over all attempts
  double loading = 0;      // of them until the first unit
  std::string error_kind;  // "" without an error
  std::string error_path;  // as Error::path()
  std::string error_message;
  std::string read;                       // what the dataset read, as Info::read
  std::string reused_from;                // the run folder beside it, of another build, or ""
  std::map<std::string, double> metrics;  // the last value of each name
};

/// How far a running stage is, between two checkpoints.
struct UnitProgress {
  std::int64_t unit = 0, units = 0;  // units done, of how many
  std::map<std::string, double> metrics;
};

/// The name of the folder of the stage `id`: 16 digits of it.
inline std::string run_name(const std::string& id) {
  return id.substr(0, 16);
}

/// What progress.json has. It is written over in place, through one descriptor: a reader who comes
/// in between finds none, and takes status.json.
std::string progress_text(const UnitProgress& progress);

/// Folder names and small files. Knows nothing of tensors.
class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path dir) : dir_(std::move(dir)) {}
  const std::filesystem::path& dir() const { return dir_; }
  std::filesystem::path checkpoints() const { return dir_ / "checkpoints"; }
  std::filesystem::path artifacts() const { return dir_ / "artifacts"; }
  std::filesystem::path metrics() const { return dir_ / "metrics.jsonl"; }
  std::filesystem::path log() const { return dir_ / "log.txt"; }

  /// Status{} (queued) where there is none; `running` where nobody is there to run it is
  /// `interrupted`. Throws Error{kCorrupt} naming the file.
  Status status() const;
  /// The same, but with what progress.json tells of a stage that runs.
  Status live_status() const;
  void write_status(const Status& status) const;  // atomically, synced
  std::filesystem::path progress() const { return dir_ / "progress.json"; }
  void remove_progress() const;

 private:
  std::filesystem::path dir_;
};

/// Holds a run folder for one writer: an flock on <dir>/.lock that dies with the process. The tasks
/// of a cluster hold their experiment's folder together, which keeps one that wants it alone out.
class FolderLock {
 public:
  enum class Mode { kAlone, kTogether };
  /// Waits `seconds` for another holder, who may only have looked, to let go. Throws Error{kBusy}
  /// naming the folder and the process and host that hold it.
  explicit FolderLock(const std::filesystem::path& dir, double seconds = 0.5,
                      Mode mode = Mode::kAlone);
  ~FolderLock();
  /// Whether somebody holds the lock of `dir` alone. It is taken for an instant: nothing else tells
  /// on every file system.
  static bool held(const std::filesystem::path& dir);
  FolderLock(const FolderLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace assay
