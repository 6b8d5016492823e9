// Sharing, readiness, and the state of a trial from the states of its stages.
#include "runner/schedule/tasks.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "runner/files/index.h"
#include "runner/system/clock.h"

namespace assay {
namespace {

constexpr const char* kUpstream = "upstream";

// Whether stage `late` builds upon stage `early`, at once or through others.
bool builds_upon(const Trial& trial, std::size_t late, std::size_t early) {
  for (const auto& [name, id] : trial.stages[late].after)
    for (std::size_t i = 0; i < late; ++i)
      if (trial.stages[i].id == id && (i == early || builds_upon(trial, i, early))) return true;
  return false;
}

// The rows of a set, such as `test`, are those of the last stage that measured it, whichever rows
// that gave: one of a stage before would be the number of another model. They, and those of stages
// beside one another, have their stage's name before them.
std::map<std::string, double> metrics_of(const Trial& trial,
                                         const std::vector<StageOutcome>& stages) {
  const auto set_of = [](const std::string& row) { return row.substr(0, row.find('/')); };
  std::map<std::string, std::set<std::size_t>> last;  // by set: the stages that measured it last
  for (std::size_t i = 0; i < stages.size(); ++i)
    for (const auto& [name, value] : stages[i].status.metrics) {
      auto& before = last[set_of(name)];
      std::erase_if(before, [&](std::size_t early) { return builds_upon(trial, i, early); });
      before.insert(i);
    }
  std::map<std::string, double> all;
  for (std::size_t i = 0; i < stages.size(); ++i)
    for (const auto& [name, value] : stages[i].status.metrics) {
      const auto& of_set = last.at(set_of(name));
      const bool alone = of_set.size() == 1 && of_set.contains(i);
      all[alone ? name : stages[i].name + ":" + name] = value;
    }
  return all;
}

TrialOutcome outcome_of(const Trial& trial, const std::map<std::string, Task>& tasks) {
  TrialOutcome answer;
  answer.trial = &trial;
  answer.reused = true;
  for (const auto& stage : trial.stages) {
    const StageOutcome& one = tasks.at(stage.id).outcome;
    answer.stages.push_back(one);
    answer.reused = answer.reused && one.reused;
    if (one.status.state == RunState::kDone || !answer.error_message.empty()) continue;
    answer.error_kind = one.status.error_kind;
    answer.error_path = one.status.error_path;
    answer.error_message = one.status.error_message;
  }
  answer.metrics = metrics_of(trial, answer.stages);
  const auto any = [&](RunState state) {
    for (const auto& one : answer.stages)
      if (one.status.state == state) return true;
    return false;
  };
  answer.state = RunState::kDone;
  for (const auto state : {RunState::kFailed, RunState::kDiverged, RunState::kRunning,
                           RunState::kInterrupted, RunState::kQueued})
    if (answer.state == RunState::kDone && any(state)) answer.state = state;
  return answer;
}

}  // namespace

bool Task::ready() const {
  for (const Task* task : after)
    if (!task->done() || task->waiting) return false;
  return waiting;
}

bool Task::can_run() const {
  const auto will_be_done = [](const Task* task) { return task->done() || task->can_run(); };
  return waiting && std::all_of(after.begin(), after.end(), will_be_done);
}

Tasks::Tasks(const Experiment& experiment, const std::filesystem::path& runs, Look look)
    : experiment_(experiment), runs_(runs), look_(look) {
  for (const auto& trial : experiment.trials) {
    for (const auto& stage : trial.stages) {
      Task& task = task_of(stage.id, stage.name);
      if (task.stage != nullptr) continue;
      order_.push_back(&task);
      task.trial = &trial;
      task.stage = &stage;
      for (const auto& [name, id] : stage.after) task.after.push_back(&task_of(id, name));
    }
  }
}

Task& Tasks::task_of(const std::string& id, const std::string& name) {
  const auto [it, fresh] = all_.try_emplace(id);
  if (!fresh) return it->second;
  StageOutcome& outcome = it->second.outcome;
  outcome.id = id;
  outcome.name = name;
  outcome.dir = own_folder(id);
  const auto found = find_run(runs_, experiment_.name, id);
  if (!found) return it->second;
  const RunFolder folder(*found);
  outcome.status = look_ == Look::kLive ? folder.live_status() : folder.status();
  outcome.reused = outcome.status.state == RunState::kDone;
  // Another experiment's folder is used where it is complete, and left alone where it is not.
  if (outcome.reused)
    outcome.dir = *found;
  else if (*found != outcome.dir)
    outcome.status = {};
  return it->second;
}

std::filesystem::path Tasks::own_folder(const std::string& id) const {
  return runs_ / experiment_.name / run_name(id);
}

void Tasks::choose(bool force, bool retry_failed) {
  for (Task* task : order_) {
    const auto state = task->outcome.status.state;
    const bool failed = has_failed(state);
    task->waiting = force || (state != RunState::kDone && (retry_failed || !failed));
    if (task->waiting) task->outcome.reused = false;
    if (force) task->outcome.dir = own_folder(task->outcome.id);  // another's run stays as it is
  }
}

std::map<std::string, std::string> Tasks::taken() const {
  std::map<std::string, std::string> others;
  for (const auto& [id, task] : all_)
    if (task.outcome.reused && task.outcome.dir != own_folder(id))
      others[id] = task.outcome.dir.lexically_relative(runs_).string();
  return others;
}

Task* Tasks::next() {
  for (Task* task : order_)
    if (task->ready() && task->not_before <= steady_seconds()) return task;
  return nullptr;
}

bool Tasks::any_ready() const {
  return std::any_of(order_.begin(), order_.end(), [](const Task* task) { return task->ready(); });
}

void Tasks::explain_queued() {
  for (Task* task : order_) {
    if (!task->waiting) continue;
    for (const Task* before : task->after) {
      const Status& status = before->outcome.status;
      if (before->done() || before->waiting != (status.error_kind == kUpstream)) continue;
      task->outcome.status.state = RunState::kQueued;
      task->outcome.status.error_kind = kUpstream;
      task->outcome.status.error_message =
          fmt::format("waits for stage `{}` ({}), which is {}", before->outcome.name,
                      before->outcome.dir.string(), name_of(status.state));
    }
  }
}

std::vector<TrialOutcome> Tasks::outcomes() const {
  std::vector<TrialOutcome> answer;
  for (const auto& trial : experiment_.trials) answer.push_back(outcome_of(trial, all_));
  return answer;
}

}  // namespace assay
