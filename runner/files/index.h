// runs/assay.db: an SQLite cache of the run folders, for questions over many of them.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runner/files/run_folder.h"

namespace assay {

struct IndexRow {
  std::string id;    // of the stage
  std::string name;  // of the experiment
  std::string stage;
  std::string dir;  // relative to runs/
  std::map<std::string, std::string> axes;
  std::int64_t seed = 0;
  Status status;
};

class Index {
 public:
  /// Opens or creates <runs>/assay.db (WAL off, so that it lives on shared file systems); a file
  /// that is no database, or of another schema version, is set aside and rebuilt. This and all else
  /// throws Error{kIo}, kBusy where another process writes it for longer than 5 s, or DiskFull.
  explicit Index(const std::filesystem::path& runs);
  ~Index();
  Index(const Index&) = delete;

  void put(const IndexRow& row);
  std::vector<IndexRow> all() const;  // by name, then id
  /// Reads every run folder (status.json, provenance.json) anew; returns how many.
  int rebuild();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The folder of the stage `id`: one where it is done, under any experiment's name, `name` first,
/// else `name`'s own if there is one. Looks at run folders, not at the index:
/// `<runs>/<name>/<first 16 digits of id>`.
std::optional<std::filesystem::path> find_run(const std::filesystem::path& runs,
                                              const std::string& name, const std::string& id);

}  // namespace assay
