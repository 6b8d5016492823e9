// Sharing, readiness, and the state of a trial from the states of its stages.
#include "runner/schedule/tasks.h"

#include <fmt/core.h>

#include <algorithm>

#include "runner/files/index.h"
#include "runner/system/clock.h"

namespace assay {
namespace {

constexpr std::size_t kIdDigits = 16;  // of an id, in a folder's name
constexpr const char* kUpstream = "upstream";

TrialOutcome outcome_of(const Trial& trial, const std::map<std::string, Task>& tasks) {
  TrialOutcome answer;
  answer.trial = &trial;
  answer.reused = true;
  for (const auto& stage : trial.stages) {
    const StageOutcome& one = tasks.at(stage.id).outcome;
    answer.stages.push_back(one);
    answer.reused = answer.reused && one.reused;
    for (const auto& [name, value] : one.status.metrics) answer.metrics[name] = value;
    if (one.status.state == "done" || !answer.error_message.empty()) continue;
    answer.error_kind = one.status.error_kind;
    answer.error_message = one.status.error_message;
  }
  const auto any = [&](const char* state) {
    for (const auto& one : answer.stages)
      if (one.status.state == state) return true;
    return false;
  };
  answer.state = "done";
  for (const char* state : {"failed", "diverged", "running", "interrupted", "queued"})
    if (answer.state == "done" && any(state)) answer.state = state;
  return answer;
}

}  // namespace

bool Task::ready() const {
  for (const Task* task : after)
    if (!task->done() || task->waiting) return false;
  return waiting;
}

Tasks::Tasks(const Experiment& experiment, const std::filesystem::path& runs)
    : experiment_(experiment), runs_(runs) {
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
  outcome.status = RunFolder(*found).status();
  outcome.reused = outcome.status.state == "done";
  // Another experiment's folder is used where it is complete, and left alone where it is not.
  if (outcome.reused)
    outcome.dir = *found;
  else if (*found != outcome.dir)
    outcome.status = {};
  return it->second;
}

std::filesystem::path Tasks::own_folder(const std::string& id) const {
  return runs_ / experiment_.name / id.substr(0, kIdDigits);
}

void Tasks::choose(bool force, bool retry_failed) {
  for (Task* task : order_) {
    const auto& state = task->outcome.status.state;
    const bool failed = state == "failed" || state == "diverged";
    task->waiting = force || (state != "done" && (retry_failed || !failed));
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
      task->outcome.status.state = "queued";
      task->outcome.status.error_kind = kUpstream;
      task->outcome.status.error_message =
          fmt::format("waits for stage `{}` ({}), which is {}", before->outcome.name,
                      before->outcome.dir.string(), status.state);
    }
  }
}

std::vector<TrialOutcome> Tasks::outcomes() const {
  std::vector<TrialOutcome> answer;
  for (const auto& trial : experiment_.trials) answer.push_back(outcome_of(trial, all_));
  return answer;
}

}  // namespace assay
