// resume: go on with what was interrupted, from a manifest or from run folders alone.
#include "runner/cli/sweep.h"

namespace assay::cli {
namespace {

int run_resume(const Call& call) {
  const Catalog catalog = catalog_of(call);
  return sweep(call, catalog, experiments_of(call, catalog), false);
}

}  // namespace

const Verb kResumeVerb{
    "resume",
    "Continue interrupted trials and retry failed ones.",
    "MANIFEST | RUN-FOLDER...",
    "  assay resume runs/quickstart                    all trials of an experiment\n"
    "  assay resume runs/quickstart/0f3a5c7712345678   one trial\n"
    "  assay resume experiments/quickstart.yaml        the same as `assay run`\n"
    "  assay resume runs/quickstart --launcher slurm   submit the unfinished trials to Slurm\n",
    run_resume,
    add_sweep_flags};

}  // namespace assay::cli
