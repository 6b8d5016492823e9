// On a cluster nothing is waited for: the answer says what was submitted, and exit code 0 that it
// was.
#include "runner/cli/launcher.h"

#include <fmt/core.h>

#include "assay/error.h"
#include "runner/cli/moves.h"
#include "runner/cli/outcomes.h"
#include "runner/cli/output.h"
#include "runner/slurm/submit.h"

namespace assay::cli {
namespace {

std::string text_of(const Asked& asked, const Submitted& one) {
  const auto folder = (asked.runs / asked.experiment.name).string();
  const auto& name = asked.experiment.name;
  std::string there;
  if (one.there > 0)
    there = fmt::format("{} trial{} already in Slurm", one.there, one.there == 1 ? " is" : "s are");
  if (one.tasks == 0)
    return fmt::format("{}: nothing to submit{}{}", name, there.empty() ? "" : ", ", there);
  return fmt::format("{}: submitted {} as job {}{}{}; `assay status {}` shows their states", name,
                     format_count(one.tasks, "trial"), one.job, there.empty() ? "" : ", ", there,
                     folder);
}

Json json_of(const Asked& asked, const Submitted& one) {
  return {{"name", asked.experiment.name},
          {"job", one.job.empty() ? Json(nullptr) : Json(one.job)},
          {"submitted", one.tasks},
          {"there", one.there},
          {"log", one.log.empty() ? Json(nullptr) : Json(one.log.string())}};
}

// A task has the same search path and data, from another folder.
TaskFlags task_flags(const Call& call) {
  TaskFlags flags;
  if (call.safe_mode) flags.all.emplace_back("--safe-mode");
  for (const auto& folder : call.plugins) {
    flags.all.emplace_back("--plugins");
    flags.all.push_back(std::filesystem::absolute(folder).string());
  }
  for (const auto& [from, to] : named_moves(call)) {
    flags.resume.emplace_back("--data");
    flags.resume.push_back(from.string() + "=" + to.string());
  }
  return flags;
}

}  // namespace

void add_launcher_flag(boost::program_options::options_description& flags) {
  flags.add_options()(
      "launcher",
      boost::program_options::value<std::string>()->default_value("local")->value_name("NAME"),
      "local: run the trials on this machine; slurm: submit them as an array job with the "
      "resources of `limits.slurm`, and return at once");
}

Launcher launcher_of(const Call& call) {
  const auto name = call.text("launcher");
  if (name == "local") return Launcher::kLocal;
  if (name == "slurm") return Launcher::kSlurm;
  if (name == "slurm-task") return Launcher::kSlurmTask;
  throw UsageError(fmt::format("--launcher is `{}`, expected local or slurm", name));
}

int submit_all(const Call& call, const std::vector<Asked>& all, const ScheduleOptions& options) {
  auto answers = Json::array();
  auto trials = Json::array();
  for (const auto& asked : all) {
    ScheduleOptions own = options;
    own.runs = asked.runs;
    const auto one = submit(asked.experiment, own, task_flags(call));
    if (!call.json) fmt::print("{}\n", text_of(asked, one));
    answers.push_back(json_of(asked, one));
    for (const auto& trial : read_outcomes(asked.experiment, asked.runs)) {
      trials.push_back(to_json(trial));
      trials.back()["name"] = asked.experiment.name;
    }
  }
  if (call.json)
    print_json(call, {{"name", all.size() == 1 ? Json(all[0].experiment.name) : Json(nullptr)},
                      {"trials", trials},
                      {"report", nullptr},
                      {"slurm", answers}});
  return kOk;
}

std::vector<SubmittedTask> tasks_in_slurm(const Call& call,
                                          const std::filesystem::path& folder) try {
  return submitted_tasks(folder);
} catch (const Error& error) {
  note(call,
       fmt::format("cannot ask Slurm for the tasks of {}: {}", folder.string(), error.what()));
  return {};
}

std::string text_of(const slurm::Task& task) {
  const bool why = !task.reason.empty() && task.reason != "None";
  return fmt::format("slurm {} {}{}", task.job, task.state,
                     why ? fmt::format(" ({})", task.reason) : "");
}

}  // namespace assay::cli
