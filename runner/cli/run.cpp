// run: everything of a manifest that is not done yet.
#include <fmt/core.h>

#include "runner/cli/options.h"
#include "runner/cli/sweep.h"

namespace assay::cli {
namespace {

void add_run_flags(boost::program_options::options_description& flags) {
  flags.add_options()("force", on_or_off(), "run finished trials again");
  flags.add_options()("dry-run,n", on_or_off(), "say what would be done, as `assay plan` does");
  add_sweep_flags(flags);
}

int run_run(const Call& call) {
  const Catalog catalog = catalog_of(call);
  const Asked asked{manifest_of(call, catalog), call.runs};
  if (call.flag("dry-run")) return plan(call, asked);
  return sweep(call, catalog, {asked}, call.flag("force"));
}

}  // namespace

const Verb kRunVerb{
    "run",
    "Run a manifest's sweep, or what is left of it.",
    "MANIFEST [key=value...]",
    "  assay run experiments/quickstart.yaml\n"
    "  assay run sweep.yaml -j 4 optimizer.lr=0.05     with a value changed\n"
    "  assay run sweep.yaml --dry-run                  what would be done\n"
    "  assay run sweep.yaml --json > answer.json       for a program\n"
    "  assay run sweep.yaml --launcher slurm           as an array job of a cluster\n",
    run_run,
    add_run_flags};

}  // namespace assay::cli
