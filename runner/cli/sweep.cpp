// One sweep from plan line to report.
#include "runner/cli/sweep.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <set>

#include "runner/cli/launcher.h"
#include "runner/cli/outcomes.h"
#include "runner/cli/progress.h"
#include "runner/cli/reporting.h"

namespace assay::cli {
namespace {

struct Swept {
  Asked asked;
  Experiment refused;  // see Asked
  std::vector<TrialOutcome> trials;
  std::filesystem::path report;
};

int signal_of(const std::string& name) {
  const std::map<std::string, int> accepted = {
      {"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"HUP", SIGHUP}, {"TERM", SIGTERM}};
  const auto it = accepted.find(name.starts_with("SIG") ? name.substr(3) : name);
  if (it == accepted.end())
    throw UsageError(
        fmt::format("--requeue-signal is `{}`, expected USR1, USR2, HUP or TERM", name));
  return it->second;
}

// What has failed would fail again, unless something outside of the trial has changed.
bool retries_failed(const Call& call) {
  if (call.verb == "resume") return true;
  const auto retry = call.text("retry");
  if (retry != "none" && retry != "failed")
    throw UsageError(fmt::format("--retry is `{}`, expected none or failed", retry));
  return retry == "failed";
}

ScheduleOptions options_of(const Call& call, const Asked& asked, bool force) {
  ScheduleOptions options;
  options.runs = asked.runs;
  options.workers = call.jobs;
  options.force = force;
  options.retry_failed = retries_failed(call);
  options.record = asked.is_manifest;
  options.requeue_signal = signal_of(call.text("requeue-signal"));
  options.argv = call.argv;
  options.is_cluster_task = launcher_of(call) == Launcher::kSlurmTask;
  // Of a task that Slurm starts again nothing has failed by its own doing: it was killed.
  if (options.is_cluster_task) options.retry_failed = std::getenv("SLURM_RESTART_COUNT") != nullptr;
  return options;
}

std::string plan_line(const Asked& asked, bool retries_failed) {
  const auto trials = read_outcomes(asked.experiment, asked.runs);
  std::size_t done = 0, failed = 0;
  for (const auto& trial : trials) {
    done += trial.state == RunState::kDone ? 1 : 0;
    failed += has_failed(trial.state) ? 1 : 0;
  }
  auto line = fmt::format("{}: {}, {} already done", asked.experiment.name,
                          format_count(trials.size(), "trial"), done);
  if (failed > 0 && !retries_failed)
    line += fmt::format(", {} failed: `--retry failed` runs {} again", failed,
                        failed == 1 ? "it" : "them");
  return line;
}

void print(const Call& call, const Swept& swept) {
  if (call.json) {
    print_json(call, to_json(swept.asked.experiment, swept.trials, swept.report));
    return;
  }
  note(call, summary_of(swept.trials));
  const auto errors = errors_of(swept.trials);
  if (!errors.empty()) fmt::print(stderr, "{}", errors);
  if (launcher_of(call) == Launcher::kSlurmTask) return;  // one trial is no table
  fmt::print("{}", table_of(call, swept.asked.experiment, swept.trials));
  if (!swept.report.empty()) fmt::print("report: {}\n", swept.report.string());
}

// Of all the experiment, also where single run folders of it were asked for.
std::filesystem::path report_on(const Call& call, const Swept& swept) {
  if (swept.asked.is_manifest)
    return write_report(call, swept.asked.experiment, swept.trials, swept.asked.runs);
  const auto all = whole_of(call, swept.asked);
  return write_report(call, all.experiment, read_outcomes(all.experiment, all.runs), all.runs);
}

// Several experiments are one answer: their trials together.
void print_json_of(const Call& call, const std::vector<Swept>& all) {
  auto trials = Json::array();
  auto reports = Json::array();
  for (const auto& swept : all) {
    for (const auto& trial : swept.trials) {
      trials.push_back(to_json(trial));
      trials.back()["name"] = swept.asked.experiment.name;
    }
    reports.push_back(swept.report.string());
  }
  print_json(call, {{"name", nullptr}, {"trials", trials}, {"report", reports}});
}

}  // namespace

void add_sweep_flags(boost::program_options::options_description& flags) {
  flags.add_options()(
      "requeue-signal",
      boost::program_options::value<std::string>()->default_value("USR1")->value_name("NAME"),
      "signal that a cluster sends before it ends a job; Assay then writes checkpoints and exits "
      "with 75; USR1, USR2, HUP or TERM");
  add_launcher_flag(flags);
}

int sweep(const Call& call, const std::vector<Asked>& all, bool force) {
  const Launcher launcher = launcher_of(call);
  if (launcher == Launcher::kSlurm) {
    for (const auto& asked : all) note(call, plan_line(asked, retries_failed(call)));
    return submit_all(call, all, options_of(call, all[0], force));
  }
  int code = kOk;
  std::vector<Swept> swept;
  swept.reserve(all.size());  // outcomes point into the experiments
  for (const auto& asked : all) {
    note(call, plan_line(asked, retries_failed(call)));
    int signal = 0;
    Swept one{asked, {}, {}, {}};
    one.refused.name = asked.experiment.name;
    one.refused.trials = asked.refused;
    if (!asked.experiment.trials.empty()) {
      ProgressView view(call, asked.experiment.report.metric);
      one.trials = schedule(one.asked.experiment, options_of(call, asked, force), view, signal);
    }
    for (auto& trial : read_outcomes(one.refused, asked.runs)) one.trials.push_back(trial);
    // The trial of a task is not the experiment: the job's script writes the report of all.
    if (launcher == Launcher::kLocal) one.report = report_on(call, one);
    int this_code = exit_code_of(one.trials, signal);
    if (this_code == kOk && launcher == Launcher::kLocal && asked.is_whole)
      this_code = complain_of_metric(call, asked.experiment, one.trials);
    swept.push_back(std::move(one));
    if (this_code != kOk && (code == kOk || signal != 0)) code = this_code;
    if (signal == 0) continue;
    if (this_code == kOk && &asked != &all.back())  // the others have not begun
      code = signal == SIGUSR1 ? static_cast<int>(kRequeue) : 128 + signal;
    break;
  }
  if (call.json && swept.size() != 1)
    print_json_of(call, swept);
  else
    for (const auto& one : swept) print(call, one);
  return code;
}

}  // namespace assay::cli
