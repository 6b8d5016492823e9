// run: everything of a manifest that is not done yet.
#include <fmt/core.h>

#include "assay/error.h"
#include "runner/cli/launcher.h"
#include "runner/cli/options.h"
#include "runner/cli/output.h"
#include "runner/cli/sweep.h"
#include "runner/files/run_folder.h"
#include "runner/manifest/tree.h"
#include "runner/schedule/build_check.h"
#include "runner/schedule/other_builds.h"

namespace assay::cli {
namespace {

void add_run_flags(boost::program_options::options_description& flags) {
  flags.add_options()("force", on_or_off(), "repeat finished trials");
  flags.add_options()(
      "reuse", boost::program_options::value<std::string>()->default_value("same-build"),
      "which finished trials count as done: same-build, or any-build, also those that another "
      "build of Assay or of a plugin has done; tables mark them");
  flags.add_options()("retry", boost::program_options::value<std::string>()->default_value("none"),
                      "which trials that did not end well are run again: none, or failed, also "
                      "those that diverged");
  flags.add_options()("dry-run,n", on_or_off(),
                      "print the trials and their states, and run nothing, like `assay plan`");
  add_sweep_flags(flags);
}

// Says which trials another build has done, and takes them if that is asked for.
void apply_reuse(const Call& call, const Asked& asked) {
  const auto reuse = call.text("reuse");
  if (reuse != "same-build" && reuse != "any-build")
    throw UsageError("--reuse is `" + reuse + "`, expected same-build or any-build");
  const auto trials = read_outcomes(asked.experiment, asked.runs);
  const auto found = find_other_builds(asked.experiment, asked.runs, trials);
  const auto text = describe_other_builds(trials, found);
  if (text.empty()) return;
  const bool taken = reuse == "any-build";
  note(call, text + (taken ? ", and taken" : "; --reuse any-build takes them"));
  if (!taken) return;
  const FolderLock locked(asked.runs / asked.experiment.name);
  take_other_builds(asked.experiment, trials, found);
}

// A mistake in a later stage would be told when the stages before it have been trained for it.
void check_later_stages(const Call& call, const Experiment& experiment) {
  const auto checks = check_builds(experiment, StagesToBuild::kLater);
  Complaints complaints;
  std::string of_plugin;
  for (const auto& one : checks.done) {
    if (!is_mistake(one.answer)) continue;
    const auto error = locate(one, experiment);
    if (one.answer.error_kind == name_of(ErrorKind::kPlugin))
      of_plugin = error.text();
    else
      complaints.add(error.at, error.message);
  }
  complaints.throw_if_any();
  if (!of_plugin.empty()) throw Error(ErrorKind::kPlugin, of_plugin);
  if (!checks.problem.empty())
    note(call, "not all components of later stages could be built: " + checks.problem);
}

int run_run(const Call& call) {
  const Catalog catalog = catalog_of(call);
  const Asked asked = asked_by_manifest(call, catalog);
  launcher_of(call);  // throws for an unknown one, in a dry run too
  if (call.flag("dry-run")) return plan(call, catalog, asked);
  check_later_stages(call, asked.experiment);
  if (!call.flag("force")) apply_reuse(call, asked);
  return sweep(call, {asked}, call.flag("force"));
}

}  // namespace

const Verb kRunVerb{
    "run",
    "Run the trials of a manifest that are not done.",
    "MANIFEST [key=value...]",
    "  assay run experiments/quickstart.yaml\n"
    "  assay run sweep.yaml -j 4 optimizer.lr=0.05     override a value\n"
    "  assay run sweep.yaml --dry-run                  list the trials, and run nothing\n"
    "  assay run sweep.yaml --json > answer.json       machine-readable results\n"
    "  assay run sweep.yaml --launcher slurm           submit an array job to Slurm\n",
    run_run,
    add_run_flags};

}  // namespace assay::cli
