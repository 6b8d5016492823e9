// plan: trials, what is done already, and a guess at the cost. Runs nothing.
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "runner/cli/cost.h"
#include "runner/cli/outcomes.h"
#include "runner/cli/sweep.h"
#include "runner/schedule/build_check.h"
#include "runner/schedule/other_builds.h"
#include "runner/system/cpus.h"

namespace assay::cli {
namespace {

// That work at a time: more than there are CPUs do not make it faster.
int workers_of(const Call& call, const Experiment& experiment) {
  const int asked = call.jobs > 0 ? call.jobs : experiment.limits.workers;
  return asked > 0 ? std::min(asked, count_cpus()) : count_cpus();
}

Json json_of(const Cost& cost, int workers) {
  const bool known = cost.unknown == 0;
  return {{"stages", cost.stages},
          {"unknown", cost.unknown},
          {"workers", workers},
          {"worker_seconds", known ? Json(cost.seconds) : Json(nullptr)},
          {"seconds", known ? Json(cost.seconds / workers) : Json(nullptr)}};
}

std::string text_of(const Cost& cost, int workers) {
  if (cost.stages == 0) return "cost: none; no stage is to be run";
  if (cost.unknown == cost.stages)
    return fmt::format("cost: unknown; no similar stage has finished yet ({} stages to run)",
                       cost.stages);
  std::string text = fmt::format("cost: about {} with {}", duration(cost.seconds / workers),
                                 format_count(workers, "worker"));
  if (cost.unknown > 0) text += fmt::format(", plus {} stages of unknown cost", cost.unknown);
  return text;
}

Json to_json_done(const std::vector<TrialOutcome>& trials) {
  auto all = Json::array();
  for (const auto& trial : trials)
    all.push_back({{"id", trial.trial->id},
                   {"axes", trial.trial->axes},
                   {"seed", trial.trial->seed},
                   {"done", trial.state == RunState::kDone},
                   {"state", name_of(trial.state)}});
  return all;
}

// What the tables among the datasets read, each once; complains of those that cannot be read.
Strings read_by(const Call& call, const Experiment& experiment, const Catalog& catalog) {
  const auto checks = check_tables(experiment, catalog);
  Strings texts;
  std::set<std::string> seen;
  for (const auto& one : checks.done) {
    const auto& answer = one.answer;
    if (!answer.error_kind.empty() && seen.insert(answer.message).second)
      complain(call, answer.message);
    else if (!answer.read.empty() && seen.insert(answer.read).second)
      texts.push_back(answer.read);
  }
  if (!checks.problem.empty()) complain(call, checks.problem);
  return texts;
}

int run_plan(const Call& call) {
  const Catalog catalog = catalog_of(call);
  return plan(call, catalog, asked_by_manifest(call, catalog));
}

}  // namespace

int plan(const Call& call, const Catalog& catalog, const Asked& asked) {
  const auto trials = read_outcomes(asked.experiment, asked.runs);
  const auto other = find_other_builds(asked.experiment, asked.runs, trials);
  const Cost cost = cost_of(trials, asked.runs);
  const int workers = workers_of(call, asked.experiment);
  const auto read = read_by(call, asked.experiment, catalog);
  if (call.json) {
    print_json(call, {{"name", asked.experiment.name},
                      {"read", read},
                      {"trials", to_json_done(trials)},
                      {"other_build", find_covered_trials(trials, other).size()},
                      {"cost", json_of(cost, workers)}});
    return kOk;
  }
  for (const auto& text : read) fmt::print("read {}\n", text);
  for (const auto& trial : trials)
    fmt::print("{}  {:<11}  {}\n", run_name(trial.trial->id), name_of(trial.state),
               label_of(*trial.trial));
  fmt::print("{}\n{}\n", summary_of(trials), text_of(cost, workers));
  if (const auto text = describe_other_builds(trials, other); !text.empty())
    fmt::print("{}; `assay run --reuse any-build` takes them\n", text);
  return kOk;
}

const Verb kPlanVerb{"plan", "List the trials of a manifest and estimate the cost of the rest.",
                     "MANIFEST [key=value...]",
                     "  assay plan experiments/quickstart.yaml\n"
                     "  assay plan sweep.yaml -j 8 'sweep.seed=[0,1,2,3]'\n",
                     run_plan};

}  // namespace assay::cli
