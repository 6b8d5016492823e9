// Trial: what a manifest asks for once it is read, composed, checked and swept.
#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "assay/schema.h"
#include "runner/catalog/catalog.h"
#include "runner/manifest/diagnostics.h"
#include "runner/protocol/initial_weights.h"

namespace assay {

/// One procedure with its components: one run folder, one worker process.
struct Stage {
  std::string id;                            // SHA-256 in hex: see DESIGN "Identity"
  std::string recipe;                        // the same without any build
  std::string name;                          // "main" where the manifest has no `stages:`
  std::map<std::string, Spec> components;    // by kind; defaults filled in, paths absolute
  std::map<std::string, Location> places;    // by dotted path: where the manifest has the value
  std::map<std::string, std::string> after;  // stage name -> its id
  std::map<std::string, std::string> after_recipes = {};
  InitialWeights weights;
  /// The stages of `after` whose models it reads: in a field of type stage, or as `weights`.
  Strings models = {};
  std::string subset;  // the stage of `after` whose artifact `ids` is the training split, or ""
  std::int64_t seed = 0;
  std::string device = "auto";  // auto, cpu, cuda, cuda:k
  bool deterministic = true;
  std::map<std::string, std::string> plugins;  // path of each .so it uses -> build id
  /// Components of these plugins that are not used, as kind/name: another one has them before it.
  std::map<std::string, Strings> hidden = {};
  std::map<std::string, std::string> core;  // as Catalog::core
  std::map<std::string, std::string> data;  // absolute path -> fingerprint of what lies there
};

/// Where the manifest has the value at the dotted `path`, or what is around it; null if it has
/// neither.
const Location* place_of(const Stage& stage, std::string path);

/// The manifest of an experiment.
struct Source {
  std::filesystem::path file;  // absolute
  std::string text;            // as written
  std::string composed;        // with what it includes and the overrides
  Strings overrides;
};

/// One point of the sweep: its stages in an order in which they can run.
struct Trial {
  std::string id;                           // of its last stage, or of all its leaves together
  std::map<std::string, std::string> axes;  // axis -> label, as tables print it; without the seed
  std::int64_t seed = 0;
  std::vector<Stage> stages;
  std::string setting;                   // the identity that it would have with seed 0
  std::shared_ptr<const Source> source;  // that asks for it
  /// Beside trials of other versions, what stands for `axes` in tables: see merge.h.
  std::optional<std::map<std::string, std::string>> row = {};
};

/// The row of a table in which it stands with trials of other seeds.
inline const std::map<std::string, std::string>& row_of(const Trial& trial) {
  return trial.row ? *trial.row : trial.axes;
}

/// What a trial asks a Slurm cluster for. Nothing of it is part of what a trial is.
struct SlurmLimits {
  std::string partition, account, qos;  // "": the cluster's own
  double time = 0;                      // seconds a trial may take at a stretch; 0: the partition's
  int cpus = 0;                         // 0: limits.threads, or 1
  std::int64_t memory = 0;              // bytes; 0: the partition's
  int gpus = 0;
  double signal_before = 120;  // seconds before `time` is over at which to checkpoint and requeue
  Strings extra;               // further options of sbatch

  /// `time` as sbatch takes it: rounded up.
  double minutes() const { return std::ceil(time / 60); }
};

struct Limits {
  int workers = 0;               // 0: one a core
  int threads = 0;               // CPU threads a worker; 0: cores / workers
  double checkpoint_every = 60;  // seconds
  int retries = 0;               // after a crash, a hang or an out-of-memory kill
  double time = 0;               // seconds a stage may take; 0: no limit
  double heartbeat = 600;        // seconds without a word before a worker counts as hung
  std::int64_t memory = 0;       // bytes of address space growth a worker may use; 0: no limit
  SlurmLimits slurm;
};

struct ReportSpec {
  std::string metric;    // "test/accuracy"; "" where the manifest has no `report:`
  std::string compare;   // an axis; paired by every other axis and the seed
  Strings repeats = {};  // axes whose values are observations, instead of the seeds
};

/// A whole experiment.
struct Experiment {
  std::string name;
  std::shared_ptr<const Source> source;
  std::vector<Trial> trials;  // in manifest order, without repetition
  std::size_t repeated = 0;   // points of the sweep that were trials already
  Limits limits;
  ReportSpec report;
  Strings apart = {};  // axes of rows across which differences are not put together
  Strings notes = {};  // for whoever looks at its tables: what they hold beside the last version
};

}  // namespace assay
