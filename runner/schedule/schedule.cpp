// The loop: start what is ready, listen, enforce limits, pass signals on, until nothing is left.
#include "runner/schedule/schedule.h"

#include <fmt/core.h>
#include <poll.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "assay/error.h"
#include "runner/catalog/load.h"
#include "runner/files/file_system.h"
#include "runner/files/index.h"
#include "runner/manifest/versions.h"
#include "runner/schedule/attempt.h"
#include "runner/schedule/disk_space.h"
#include "runner/schedule/job.h"
#include "runner/schedule/prepare.h"
#include "runner/schedule/provenance.h"
#include "runner/schedule/signals.h"
#include "runner/system/clock.h"
#include "runner/system/cpus.h"

namespace assay {
namespace {

constexpr int kPollMilliseconds = 200;
constexpr double kFirstPause = 1, kLongestPause = 60;  // seconds before a retry; it doubles

class Scheduler {
 public:
  Scheduler(const Experiment& experiment, const ScheduleOptions& options, Observer& observer);
  std::vector<TrialOutcome> run(int& signal);

 private:
  void fill_slots();
  bool claim(Task& task);
  void start(Task& task);
  Launch prepare(Task& task);
  void wait();
  void obey(int signal);
  void leave(int signal, const std::string& why);
  void listen();
  void ended(Attempt& attempt, Status status);
  void not_started(Task& task, const std::string& why);
  bool retry(Task& task);
  void finish(Task& task);
  void wait_for_space(Task& task, const std::string& why);
  void index(const Task& task);
  int free_slot() const;
  int threads_of(const Task& task) const;

  const Experiment& experiment_;
  const ScheduleOptions& options_;
  Observer& observer_;
  Tasks tasks_;
  int workers_, threads_;
  SignalWatch signals_;
  std::list<Attempt> running_;
  std::optional<Provenance> provenance_;
  std::unique_ptr<Index> index_;
  bool index_failed_ = false;
  DiskSpaceWait disk_space_;
  int signal_ = 0;  // the one that asked us to leave
};

// As many as can ever be busy: threads follow from it, and they must be the same when a sweep is
// resumed with one trial left, or its numbers would not be.
int workers_of(const Experiment& experiment, const ScheduleOptions& options) {
  int asked = options.workers > 0 ? options.workers : experiment.limits.workers;
  if (asked <= 0) asked = count_cpus();
  return std::max(1, std::min(asked, static_cast<int>(experiment.trials.size())));
}

Scheduler::Scheduler(const Experiment& experiment, const ScheduleOptions& options,
                     Observer& observer)
    : experiment_(experiment),
      options_(options),
      observer_(observer),
      tasks_(experiment, options.runs, Tasks::Look::kSaved),
      workers_(workers_of(experiment, options)),
      threads_(experiment.limits.threads > 0 ? experiment.limits.threads
                                             : std::max(1, count_cpus() / workers_)),
      signals_(options.requeue_signal) {
  tasks_.choose(options.force, options.retry_failed);
  for (const auto& [id, task] : tasks_.all())  // whose results are to be taken as they are
    if (!task.waiting) check_rights(task.outcome.dir);
}

std::vector<TrialOutcome> Scheduler::run(int& signal) {
  const auto folder = options_.runs / experiment_.name;
  if (options_.record)
    record_version(folder, experiment_, tasks_.taken());
  else if (!options_.is_cluster_task)
    record_taken(folder, tasks_.taken());
  std::exception_ptr failed;
  do {
    try {
      fill_slots();
      if (!running_.empty() || tasks_.any_ready()) wait();
      for (const int came : signals_.take()) obey(came);
      listen();
      observer_.idle();
    } catch (...) {  // the worker program is gone, say: the others may save what they have
      if (failed) throw;
      failed = std::current_exception();
      leave(SIGTERM, "the sweep cannot continue");
    }
  } while (!running_.empty() || (signal_ == 0 && tasks_.any_ready()));
  if (failed) std::rethrow_exception(failed);
  tasks_.explain_queued();
  signal = signal_;
  return tasks_.outcomes();
}

void Scheduler::fill_slots() {
  if (disk_space_.ended()) observer_.note("there is space on the disk again: continuing");
  while (signal_ == 0 && !disk_space_.waiting() && static_cast<int>(running_.size()) < workers_) {
    Task* task = tasks_.next();
    if (task == nullptr) return;
    try {
      if (!claim(*task)) return;
      start(*task);
    } catch (const DiskFull& error) {
      wait_for_space(*task, error.what());
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kIo) throw;
      not_started(*task, error.what());
    }
  }
}

// Trials share stages, and on a cluster each trial has a front end of its own: what another one
// runs is waited for, and what came of it is taken.
bool Scheduler::claim(Task& task) {
  if (!options_.is_cluster_task || task.claim) return true;
  try {
    task.claim = std::make_shared<FolderLock>(task.outcome.dir / "claim");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kBusy) throw;
    if (!std::exchange(task.told, true))
      observer_.note(fmt::format("{} is being run by another task; waiting for it",
                                 task.outcome.dir.string()));
    return false;
  }
  task.outcome.status = RunFolder(task.outcome.dir).status();
  const auto& state = task.outcome.status.state;
  const bool failed = has_failed(state);
  task.waiting = state != RunState::kDone && (options_.retry_failed || !failed);
  if (!task.waiting) task.claim.reset();
  return task.waiting;
}

// The task stays one that waits, and goes on from its last checkpoint.
void Scheduler::wait_for_space(Task& task, const std::string& why) {
  const bool first = !disk_space_.waiting();
  disk_space_.begin(task.outcome.dir, task.outcome.status.unit);
  task.waiting = true;
  if (first)
    observer_.note(
        fmt::format("{}\npaused: the sweep continues when {:.1f} MiB can be written there", why,
                    static_cast<double>(disk_space_.needed()) / 1048576));
}

int Scheduler::free_slot() const {
  std::set<int> taken;
  for (const auto& attempt : running_) taken.insert(attempt.slot());
  int slot = 0;
  while (taken.contains(slot)) ++slot;
  return slot;
}

void Scheduler::start(Task& task) {
  if (!provenance_) provenance_.emplace(experiment_, options_.argv);
  const Launch launch = prepare(task);
  task.waiting = false;
  running_.emplace_back(task, free_slot(), launch, experiment_.limits);
  task.outcome.status.state = RunState::kRunning;
  index(task);  // so that `assay status` knows of it, whatever becomes of us
}

// What a stage that goes on was run with is what it goes on with: another number of threads adds
// numbers in another order.
int Scheduler::threads_of(const Task& task) const {
  if (task.outcome.status.unit == 0) return threads_;
  try {
    const auto text = read_file(task.outcome.dir / "provenance.json");
    return nlohmann::ordered_json::parse(text).value("threads", threads_);
  } catch (const std::exception&) {
    return threads_;
  }
}

Launch Scheduler::prepare(Task& task) {
  const auto& dir = task.outcome.dir;
  make_folder(dir);
  if (options_.force && !task.begun) clear_run(task.outcome);
  task.begun = true;
  const int threads = threads_of(task);
  // What a task of a cluster finds was written by the call that submitted it.
  const bool written = std::filesystem::exists(dir / "provenance.json") &&
                       (task.outcome.status.unit > 0 || options_.is_cluster_task);
  write_resolved(experiment_, task);
  if (!written) write_provenance(task, *provenance_, threads);
  const auto folder_of = [&](const std::string& id) { return tasks_.all().at(id).outcome.dir; };
  return {worker_program(),
          write_job(job_of(experiment_, *task.trial, *task.stage, folder_of, threads)),
          RunFolder(dir).log(), threads};
}

void Scheduler::wait() {
  std::vector<pollfd> all{{signals_.fd(), POLLIN, 0}};
  for (const auto& attempt : running_) all.push_back({attempt.fd(), POLLIN, 0});
  poll(all.data(), all.size(), kPollMilliseconds);
}

void Scheduler::obey(int signal) {
  if (signal_ == 0 || signal != SIGINT)
    return leave(signal, fmt::format("SIG{}", sigabbrev_np(signal)));
  for (auto& attempt : running_) attempt.kill();
  observer_.note(
      "killing the workers; each trial continues from its last checkpoint when it is resumed");
}

void Scheduler::leave(int signal, const std::string& why) {
  if (signal_ == 0) signal_ = signal;
  for (auto& attempt : running_) attempt.ask_to_leave(signal);
  observer_.note(why + ": each worker finishes its unit, writes a checkpoint and stops");
}

void Scheduler::listen() {
  for (auto it = running_.begin(); it != running_.end();) {
    Attempt& attempt = *it;
    if (attempt.hear()) observer_.progress(attempt.progress());
    for (const auto& remark : attempt.take_notes())
      observer_.note(attempt.task().outcome.dir.string() + ": " + remark);
    if (const auto remark = attempt.enforce()) observer_.note(*remark);
    auto status = attempt.ended();
    if (status) {
      ended(attempt, std::move(*status));
      it = running_.erase(it);
    } else {
      ++it;
    }
  }
}

void Scheduler::ended(Attempt& attempt, Status status) {
  Task& task = attempt.task();
  task.outcome.status = std::move(status);
  const Status& now = task.outcome.status;
  if (now.error_kind == kDiskFull && signal_ == 0) return wait_for_space(task, now.error_message);
  if (!attempt.may_retry() || !retry(task)) finish(task);
}

// Its folder cannot be written, or there is no more room for a process: it may be in a while.
void Scheduler::not_started(Task& task, const std::string& why) {
  Status& status = task.outcome.status;
  status.error_kind = name_of(ErrorKind::kIo);
  status.error_message = why;
  if (retry(task)) return;
  task.waiting = false;
  status.state = RunState::kFailed;
  save_status(task.outcome.dir, status);
  finish(task);
}

void Scheduler::finish(Task& task) {
  task.claim.reset();
  index(task);
  observer_.stage_ended(*task.trial, task.outcome);
}

// False where it has had its retries.
bool Scheduler::retry(Task& task) {
  if (signal_ != 0 || task.retries >= experiment_.limits.retries) return false;
  const double pause = std::min(kLongestPause, kFirstPause * std::exp2(task.retries));
  ++task.retries;
  task.waiting = true;
  task.not_before = steady_seconds() + pause;
  observer_.note(fmt::format("{}: {}\nretrying in {:.0f} s (retry {} of {})",
                             task.outcome.dir.string(), task.outcome.status.error_message, pause,
                             task.retries, experiment_.limits.retries));
  return true;
}

void Scheduler::index(const Task& task) {
  if (index_failed_) return;
  try {
    if (!index_) index_ = std::make_unique<Index>(options_.runs);
    index_->put({task.stage->id, experiment_.name, task.stage->name,
                 std::filesystem::relative(task.outcome.dir, options_.runs).string(),
                 task.trial->axes, task.stage->seed, task.outcome.status});
  } catch (const std::exception& error) {
    index_failed_ = true;  // a cache: `assay index` makes it anew
    observer_.note(
        fmt::format("the index is not up to date ({}); `assay index` rebuilds it", error.what()));
  }
}

}  // namespace

Observer::~Observer() = default;

std::vector<TrialOutcome> schedule(const Experiment& experiment, const ScheduleOptions& options,
                                   Observer& observer, int& signal) {
  make_folder(options.runs);
  make_folder(options.runs / experiment.name);
  constexpr double kAsLongAsItTakes = 1e9;
  const FolderLock lock = options.is_cluster_task
                              ? FolderLock(options.runs / experiment.name, kAsLongAsItTakes,
                                           FolderLock::Mode::kTogether)
                              : FolderLock(options.runs / experiment.name);
  return Scheduler(experiment, options, observer).run(signal);
}

std::vector<TrialOutcome> read_outcomes(const Experiment& experiment,
                                        const std::filesystem::path& runs) {
  Tasks tasks(experiment, runs, Tasks::Look::kLive);
  tasks.explain_queued();
  return tasks.outcomes();
}

}  // namespace assay
