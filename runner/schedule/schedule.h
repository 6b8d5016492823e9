// The scheduler: trials on slots, one worker process a stage, until all have ended.
#pragma once

#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "runner/files/run_folder.h"
#include "runner/manifest/trial.h"

namespace assay {

struct ScheduleOptions {
  std::filesystem::path runs = "runs";
  int workers = 0;                // 0: limits.workers of the manifest, else one a core
  bool force = false;             // run finished stages again
  bool record = false;            // note in the experiment's folder what is asked for
  bool retry_failed = true;       // stages that ended as failed or diverged are tried again
  int requeue_signal = SIGUSR1;   // checkpoint, leave and ask to be started again
  bool is_cluster_task = false;   // a task of a cluster: others run more of the experiment
  std::vector<std::string> argv;  // for provenance.json
};

/// How one stage ended, or stands.
struct StageOutcome {
  std::string id, name;
  std::filesystem::path dir;
  Status status;
  bool reused = false;  // was done before this call
};

struct TrialOutcome {
  const Trial* trial = nullptr;
  std::vector<StageOutcome> stages;
  RunState state = RunState::kQueued;
  bool reused = false;
  std::map<std::string, double> metrics;  // of all stages; `stage:name` if a name is not enough
  std::string error_kind, error_path, error_message;  // of the first stage that did not end well
};

/// What a running stage says, for a progress line. `worker` is the slot, from 0.
struct Progress {
  int worker = 0;
  const Trial* trial = nullptr;
  const Stage* stage = nullptr;
  std::int64_t unit = 0, units = 0;
  double rate = 0;                        // units a second, of this attempt
  double time_left = 0;                   // seconds
  double cpu_wait = 0;                    // fraction of the time without a CPU; see CpuWait
  std::map<std::string, double> metrics;  // newest of each name
};

/// Told what happens, in the scheduler's thread.
class Observer {
 public:
  virtual ~Observer();
  virtual void progress(const Progress&) {}
  virtual void stage_ended(const Trial&, const StageOutcome&) {}
  virtual void idle() {}                    // several times a second
  virtual void note(const std::string&) {}  // a retry, a worker that was killed, ...
};

/// Runs what is not done. Holds <runs>/<name>/.lock: throws Error{kBusy} where another front end
/// has it; one of many holds it together with the others, and waits for one that has it alone. On
/// SIGINT or SIGTERM workers finish their unit, checkpoint and leave; a second SIGINT kills.
/// `signal` is set to the one that came, else 0.
std::vector<TrialOutcome> schedule(const Experiment& experiment, const ScheduleOptions& options,
                                   Observer& observer, int& signal);

/// The same answer from the run folders alone; runs nothing.
std::vector<TrialOutcome> read_outcomes(const Experiment& experiment,
                                        const std::filesystem::path& runs);

}  // namespace assay
