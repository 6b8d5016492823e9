// run: everything of a manifest that is not done yet.
#include <fmt/core.h>

#include "runner/cli/launcher.h"
#include "runner/cli/options.h"
#include "runner/cli/sweep.h"

namespace assay::cli {
namespace {

void add_run_flags(boost::program_options::options_description& flags) {
  flags.add_options()("force", on_or_off(), "repeat finished trials");
  flags.add_options()("dry-run,n", on_or_off(),
                      "print the trials and their states, and run nothing, like `assay plan`");
  add_sweep_flags(flags);
}

int run_run(const Call& call) {
  const Catalog catalog = catalog_of(call);
  const Asked asked{manifest_of(call, catalog), call.runs};
  launcher_of(call);  // throws for an unknown one, in a dry run too
  if (call.flag("dry-run")) return plan(call, asked);
  return sweep(call, catalog, {asked}, call.flag("force"));
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
