// Everything a task needs is on the disk before sbatch is called.
#include "runner/slurm/submit.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "assay/error.h"
#include "runner/files/file_system.h"
#include "runner/manifest/limits.h"
#include "runner/manifest/versions.h"
#include "runner/schedule/prepare.h"
#include "runner/slurm/batch_script.h"
#include "runner/slurm/submission.h"

namespace fs = std::filesystem;

namespace assay {
namespace {

constexpr double kOtherSubmitter = 120;  // seconds
constexpr auto kLook = std::chrono::milliseconds(500);
constexpr auto kLeaving = std::chrono::seconds(60);  // twice what Slurm gives a task unless told

// A task on its way out may come back to the queue, or not: that is waited for, but not for one on
// a node that does not answer.
std::vector<SubmittedTask> settled_tasks(const fs::path& folder) {
  for (const auto end = std::chrono::steady_clock::now() + kLeaving;;) {
    auto all = submitted_tasks(folder);
    if (std::none_of(all.begin(), all.end(), is_leaving)) return all;
    if (std::chrono::steady_clock::now() > end) return all;
    std::this_thread::sleep_for(kLook);
  }
}

class Submitter {
 public:
  Submitter(const Experiment& experiment, const ScheduleOptions& options)
      : experiment_(experiment),
        options_(options),
        folder_(fs::canonical(options.runs / experiment.name)),
        provenance_(experiment, options.argv),
        tasks_(experiment, options.runs, Tasks::Look::kSaved) {
    tasks_.choose(options.force, options.retry_failed);
  }

  Submitted run(const TaskFlags& flags) {
    Submitted answer;
    if (options_.record) record_version(folder_, experiment_, tasks_.taken());
    const auto there = settled_tasks(folder_);
    std::string lines;
    auto trials = tasks_.outcomes();
    std::erase_if(trials,
                  [&](const auto& trial) { return !waits(trial); });  // before any is prepared
    for (const auto& trial : trials) {
      if (submitted_task_of(trial, there) != nullptr) {
        ++answer.there;
        continue;
      }
      for (const auto& stage : trial.stages) prepare(tasks_.all().at(stage.id));
      lines += line_of(trial);
      ++answer.tasks;
    }
    if (answer.tasks > 0) hand_in(lines, flags, answer);
    return answer;
  }

 private:
  bool waits(const TrialOutcome& trial) {
    return std::any_of(trial.stages.begin(), trial.stages.end(),
                       [&](const auto& stage) { return tasks_.all().at(stage.id).can_run(); });
  }

  // Failed stages wait again from here on, so that those that a task finds failed have failed
  // since.
  void prepare(Task& task) {
    if (!task.waiting) return;
    task.waiting = false;  // once, however many trials share it
    auto& outcome = task.outcome;
    make_folder(outcome.dir);
    try {
      const FolderLock claim(outcome.dir / "claim");
      Status& status = outcome.status;
      write_resolved(experiment_, task);
      if (options_.force || status.unit == 0 || !fs::exists(outcome.dir / "provenance.json"))
        write_provenance(task, provenance_, experiment_.limits.threads);
      if (options_.force) return forgotten_.push_back(&outcome);
      if (!has_failed(status.state)) return;
      failed_.emplace_back(outcome.dir, status);
      status.state = RunState::kQueued;
      status.error_kind = status.error_message = "";
      RunFolder(outcome.dir).write_status(status);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kBusy) throw;  // else a task of another trial is at it
    }
  }

  // Stages that are done in another experiment's folder are found there.
  std::string line_of(const TrialOutcome& trial) const {
    std::string line;
    for (const auto& stage : trial.stages)
      if (fs::equivalent(stage.dir.parent_path(), folder_))
        line += (line.empty() ? "" : " ") + stage.dir.filename().string();
    return line + "\n";
  }

  void hand_in(const std::string& lines, const TaskFlags& flags, Submitted& answer) const {
    answer.log = submissions_of(folder_) / std::to_string(last_submission(folder_) + 1);
    make_folder(answer.log);
    write_atomically(answer.log / "tasks", lines);
    const auto limits = answer.log / "limits.json";
    write_atomically(limits, limits_json(experiment_.limits).dump() + "\n");
    auto own = flags;
    own.resume.insert(own.resume.end(), {"--limits", limits.string()});
    write_atomically(answer.log / "task.sh", batch_script(answer.log, own));
    const int at_once = options_.workers > 0 ? options_.workers : experiment_.limits.workers;
    auto sbatch = sbatch_words(experiment_, answer.log, answer.tasks, at_once);
    // Held until what there was is taken away, which is not before Slurm has accepted the job.
    if (!forgotten_.empty()) sbatch.insert(sbatch.begin(), "--hold");
    try {
      answer.job = slurm::submit(sbatch);
    } catch (...) {
      file_system().remove_all(answer.log);
      for (const auto& [dir, status] : failed_) RunFolder(dir).write_status(status);
      throw;
    }
    for (auto* outcome : forgotten_) clear_run(*outcome);
    if (!forgotten_.empty()) slurm::release(answer.job);
  }

  const Experiment& experiment_;
  const ScheduleOptions& options_;
  fs::path folder_;  // the experiment's
  Provenance provenance_;
  Tasks tasks_;
  std::vector<StageOutcome*> forgotten_;             // to be run again, by --force
  std::vector<std::pair<fs::path, Status>> failed_;  // to be put back where sbatch refuses
};

}  // namespace

Submitted submit(Experiment experiment, const ScheduleOptions& options, const TaskFlags& flags) {
  const auto folder = options.runs / experiment.name;
  make_folder(folder);
  const FolderLock together(folder, 0.5, FolderLock::Mode::kTogether);
  const FolderLock alone(submissions_of(folder), kOtherSubmitter);
  // What a task starts with is what it goes on with, on whatever node.
  if (experiment.limits.threads == 0) experiment.limits.threads = cpus_of(experiment.limits);
  return Submitter(experiment, options).run(flags);
}

}  // namespace assay
