// version: of this program, and of the worker that belongs to it.
#include <fmt/core.h>

#include "runner/cli/output.h"
#include "runner/cli/worker_info.h"

namespace assay::cli {
namespace {

int run_version(const Call& call) {
  const auto worker = worker_version();
  if (call.json)
    print_json(call, {{"assay", ASSAY_VERSION},
                      {"worker", worker.empty() ? Json(nullptr) : Json(worker)}});
  else
    fmt::print("assay {}\nworker {}\n", ASSAY_VERSION,
               worker.empty() ? "not found: see `assay doctor`" : describe_version(worker));
  return kOk;
}

}  // namespace

const Verb kVersionVerb{"version", "Print the versions of assay and of its worker.", "",
                        "  assay version\n"
                        "  assay version --json\n",
                        run_version};

}  // namespace assay::cli
