// The loop over units: advance, tell, checkpoint, leave when asked to.
#include "runner/worker/stage.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>

#include <c10/util/Exception.h>
#include <fmt/core.h>

#include "assay/sdk/safetensors.h"
#include "core/runtime/runtime.h"
#include "runner/files/checkpoint.h"
#include "runner/files/file_system.h"
#include "runner/files/run_folder.h"
#include "runner/system/clock.h"
#include "runner/worker/assembly.h"
#include "runner/worker/component_state.h"
#include "runner/worker/crash.h"
#include "runner/worker/log.h"
#include "runner/worker/memory.h"
#include "runner/worker/model_weights.h"
#include "runner/worker/own_process.h"
#include "runner/worker/process_state.h"
#include "runner/worker/recorder.h"
#include "runner/worker/scalars.h"
#include "runner/worker/signals.h"

namespace assay {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::int64_t kCheckEvery = 64;  // units: a look at all of the process costs system calls

constexpr std::int64_t kMostThreads = 4096;
constexpr const char* kThreads = "threads";  // name in the state of a checkpoint

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Failure {
  std::string kind = {}, message = {}, path = {};
};

class StageRun {
 public:
  StageRun(const Job& job, Events& events) : job_(job), events_(events), folder_(job.dir) {}

  int run();

 private:
  FolderLock lock();
  void load();
  void say(const std::string& remark);
  void warn_lost_progress(bool checkpoint);
  void restore(const Checkpoint& checkpoint);
  void loop();
  void advance();
  void use_threads(std::int64_t threads);
  void checkpoint();
  void check_process_state(bool all) const;
  int end(RunState state, int code, const Failure& failure = {});
  void write_status(RunState state, const Failure& failure = {});
  std::string procedure_name() const;
  std::string where(std::string message) const;
  int done();
  int exit_interrupted();

  const Job& job_;
  Events& events_;
  RunFolder folder_;
  Context context_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<Assembly> assembly_;  // goes first: its threads may still have something to note
  std::optional<ProcessState> state_;   // as the components found it
  Status status_;
  Clock::time_point start_ = Clock::now(), last_checkpoint_ = start_;
  double seconds_before_ = 0;
  std::int64_t unit_ = 0, units_ = 0, checkpointed_ = -1;
  int threads_ = job_.threads;
  bool begun_ = false;  // the components are built: units follow
};

// The last event is sent even if, for example, the disk is full.
template <class Step>
void log_failure(const Step& step) {
  try {
    step();
  } catch (const std::exception& error) {
    log_line(error.what());
  }
}

constexpr const char* kNoMemory =
    "out of memory; a smaller batch or a higher limits.memory may help";

void StageRun::load() {
  configure(threads_, job_.deterministic);
  context_.device = choose_device(job_.device);
  context_.rng = Rng(static_cast<std::uint64_t>(job_.seed));
  assembly_ = assemble(job_, context_, Earlier::kDone);
  if (const auto& dataset = assembly_->parts.dataset) {
    status_.read = dataset->info().read;
    if (!status_.read.empty()) log_line("read " + status_.read);
  }
  state_.emplace();
  const auto found = read_checkpoint(folder_.checkpoints(),
                                     [&](const std::string& passed_over) { say(passed_over); });
  if (found) {
    set_crash_place("load() of a component");
    restore(*found);
    point_last(folder_.checkpoints(), found->unit);
  }
  // Before the rows are looked at, since it cuts what a power cut may have torn, and before the
  // limit, since it starts a thread.
  recorder_ = std::make_unique<Recorder>(folder_, job_.stage, unit_, events_);
  warn_lost_progress(found.has_value());
  check_process_state(true);
  limit_memory(job_.memory);
  state_.emplace();  // again, with that limit
  recorder_->model(assembly_->parts.model);
  context_.log = recorder_.get();
  set_crash_place("units() of procedure `" + procedure_name() + "`");
  units_ = assembly_->procedure->units(assembly_->taken);
  if (context_.device.is_cpu()) pin_threads(threads_);
  checkpointed_ = found ? unit_ : -1;
}

void StageRun::say(const std::string& remark) {
  log_line(remark);
  events_.note(remark);
}

// Warns of units and metrics that the last status has and the disk has not.
void StageRun::warn_lost_progress(bool checkpoint) {
  if (!checkpoint && status_.unit > 0)
    say(fmt::format("no valid checkpoint is left of {} finished units: starting again from unit 0",
                    status_.unit));
  if (checkpoint && !status_.metrics.empty() && recorder_->latest().empty())
    say(fmt::format("{}: the metrics before unit {} are missing", folder_.metrics().string(),
                    unit_));
}

void StageRun::restore(const Checkpoint& checkpoint) {
  const auto source = [&](const char* file) { return (folder_.checkpoints() / file).string(); };
  const auto& files = checkpoint.files;
  if (const auto& model = assembly_->parts.model)
    set_weights(*model,
                from_safetensors(files.at("model.safetensors"), source("model.safetensors")),
                source("model.safetensors"));
  auto tensors = from_safetensors(files.at("state.safetensors"), source("state.safetensors"));
  for (auto& [name, tensor] : tensors) tensor = tensor.to(context_.device);
  const State all(std::move(tensors), read_state(files.at("state.json")));
  load_components(*assembly_, job_, all);
  unit_ = checkpoint.unit;
  if (all.has(kThreads)) use_threads(all.scalar<std::int64_t>(kThreads));
}

void StageRun::checkpoint() {
  last_checkpoint_ = Clock::now();
  if (checkpointed_ == unit_) return;
  recorder_->sync();
  State all;
  save_components(*assembly_, job_, all);
  if (unit_ > 0) all.put(kThreads, std::int64_t{threads_});
  leave_if_forked();
  check_process_state(true);
  Checkpoint made{unit_, {}};
  if (const auto& model = assembly_->parts.model)
    made.files["model.safetensors"] = to_safetensors(weights_of(*model));
  made.files["state.safetensors"] = to_safetensors(all.tensors());
  made.files["state.json"] = write_state(unit_, all.scalars());
  write_checkpoint(folder_.checkpoints(), made);
  checkpointed_ = unit_;
  write_status(RunState::kRunning);
  events_.checkpoint(unit_);
}

void StageRun::check_process_state(bool all) const {
  const auto changed = all ? state_->restore() : state_->restore_arithmetic();
  if (!changed.empty()) throw Error(ErrorKind::kPlugin, "a component " + changed);
}

// The first unit tells how much work a step has. The number of threads that follows is part of the
// checkpoint, so that a resumed stage has the same, and the same bits.
void StageRun::advance() {
  auto& procedure = *assembly_->procedure;
  if (unit_ > 0 || threads_ == 1 || !job_.adapt_threads || !context_.device.is_cpu())
    return procedure.advance(unit_, assembly_->taken, context_, *recorder_);
  const ProductCounter products;
  procedure.advance(unit_, assembly_->taken, context_, *recorder_);
  use_threads(products.choose_threads(job_.threads));
}

void StageRun::use_threads(std::int64_t threads) {
  if (threads < 1 || threads > kMostThreads)
    throw Error(ErrorKind::kCorrupt,
                fmt::format("state.json has {} threads, expected 1 to {}", threads, kMostThreads));
  threads_ = static_cast<int>(threads);
  configure(threads_, job_.deterministic);
  if (context_.device.is_cpu()) pin_threads(threads_);
}

void StageRun::loop() {
  auto& procedure = *assembly_->procedure;
  while (unit_ < units_ && !procedure.finished() && asked_to_leave() == 0) {
    recorder_->at(unit_, units_);
    set_crash_place(fmt::format("{}, unit {} of {}", procedure_name(), unit_, units_));
    seed_default_generators(context_.rng.fork("unit").fork(static_cast<std::uint64_t>(unit_)),
                            context_.device);
    advance();
    leave_if_forked();
    check_process_state(unit_ % kCheckEvery == 0);
    ++unit_;
    events_.progress(unit_, units_);
    if (asked_to_checkpoint() || since(last_checkpoint_) > job_.checkpoint_every) checkpoint();
  }
}

std::string StageRun::procedure_name() const {
  const auto it = job_.components.find("procedure");
  return it == job_.components.end() ? "?" : it->second.use;
}

std::string StageRun::where(std::string message) const {
  if (!begun_) return message;
  return fmt::format("{}, unit {} of {}: {}", procedure_name(), unit_, units_, message);
}

void StageRun::write_status(RunState state, const Failure& failure) {
  status_.state = state;
  // A stage goes on from its checkpoint, whatever it has done since.
  if (recorder_) status_.unit = std::max<std::int64_t>(checkpointed_, 0);
  status_.units = units_;
  status_.error_kind = failure.kind;
  status_.error_path = failure.path;
  status_.error_message = failure.message;
  status_.threads = threads_;
  status_.seconds = seconds_before_ + since(start_);
  if (state != RunState::kRunning) status_.ended = wall_seconds();
  if (recorder_) status_.metrics = recorder_->latest();
  folder_.write_status(status_);
}

int StageRun::end(RunState state, int code, const Failure& failure) {
  leave_if_forked();
  if (!failure.message.empty()) log_line(failure.message);
  log_failure([&] {
    if (recorder_) recorder_->finish();
    if (recorder_) recorder_->sync();
  });
  log_failure([&] { write_status(state, failure); });
  events_.end(state, failure.kind, failure.message, failure.path);
  return code;
}

// Done is what the disk says is done.
int StageRun::done() {
  leave_if_forked();
  recorder_->finish();
  recorder_->sync();
  write_status(RunState::kDone);
  events_.end(RunState::kDone);
  return 0;
}

int StageRun::exit_interrupted() {
  const int signal = asked_to_leave();
  const int code = signal == SIGUSR1 ? 75 : 128 + signal;
  return end(RunState::kInterrupted, code);
}

// The worker of a front end that was killed has up to 30 s to finish its unit; ours hears meanwhile
// that we have not come to a halt.
FolderLock StageRun::lock() {
  constexpr double kLongestWait = 40, kBetweenWords = 1;  // seconds
  const auto began = Clock::now();
  for (;;) {
    try {
      return FolderLock(job_.dir, kBetweenWords);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kBusy || since(began) > kLongestWait) throw;
      events_.waiting();
    }
  }
}

int StageRun::run() try {
  const FolderLock locked = lock();
  folder_.remove_progress();  // of an earlier attempt
  status_ = folder_.status();
  seconds_before_ = status_.seconds;
  ++status_.attempts;
  if (status_.started == 0) status_.started = wall_seconds();
  status_.ended = 0;
  try {
    load();
    write_status(RunState::kRunning);
    events_.started(unit_, units_);
    begun_ = true;
    status_.loading += since(start_);
    loop();
    checkpoint();
    if (unit_ >= units_ || assembly_->procedure->finished()) return done();
  } catch (const DiskFull& error) {
    return end(RunState::kInterrupted, 1, {kDiskFull, error.what()});
  } catch (const Error& error) {
    const bool diverged = error.kind() == ErrorKind::kNumeric;
    const int code = diverged ? 6 : error.kind() == ErrorKind::kPlugin ? 4 : 1;
    return end(diverged ? RunState::kDiverged : RunState::kFailed, code,
               {std::string(name_of(error.kind())), where(error.what()), error.path()});
  } catch (const c10::Error& error) {
    if (is_out_of_memory(error)) return end(RunState::kFailed, 1, {"memory", where(kNoMemory)});
    return end(RunState::kFailed, 1, {"plugin", where(error.what_without_backtrace())});
  } catch (const std::bad_alloc&) {
    return end(RunState::kFailed, 1, {"memory", where(kNoMemory)});
  } catch (const std::exception& error) {
    return end(RunState::kFailed, 1, {"plugin", where(error.what())});
  } catch (...) {
    return end(RunState::kFailed, 1,
               {"plugin", where("something that is not a std::exception was thrown")});
  }
  return exit_interrupted();
} catch (const DiskFull& error) {
  events_.end(RunState::kInterrupted, kDiskFull, error.what());
  return 1;
} catch (const Error& error) {  // the folder is somebody else's, or cannot be written
  events_.end(RunState::kFailed, std::string(name_of(error.kind())), error.what(), error.path());
  log_line(error.what());
  return 1;
}

}  // namespace

int run_stage(const Job& job, Events& events) {
  return StageRun(job, events).run();
}

}  // namespace assay
