// compare: the table of a sweep's alternatives, with their statistics.
#include <fmt/core.h>

#include "runner/cli/folders.h"
#include "runner/cli/outcomes.h"
#include "runner/cli/reporting.h"

namespace assay::cli {
namespace {

int run_compare(const Call& call) {
  const Catalog catalog = catalog_of(call);
  auto json = Json::array();
  int code = kOk;
  for (const auto& asked : experiments_of(call, catalog)) {
    const auto trials = read_outcomes(asked.experiment, asked.runs);
    if (complain_of_metric(call, asked.experiment, trials) != kOk) code = kFailure;
    if (call.json) {
      json.push_back(to_json(asked.experiment, trials, ""));
      json.back()["statistics"] = statistics_of(call, asked.experiment, trials);
    } else {
      fmt::print("{}\n{}", asked.experiment.name, table_of(call, asked.experiment, trials));
    }
  }
  if (call.json) print_json(call, json.size() == 1 ? json[0] : Json{{"experiments", json}});
  return code;
}

}  // namespace

const Verb kCompareVerb{"compare",
                        "Print a table of results and of paired differences.",
                        "MANIFEST [key=value...] | RUN-FOLDER...",
                        "  assay compare experiments/quickstart.yaml\n"
                        "  assay compare runs/quickstart runs/quickstart_wide\n",
                        run_compare,
                        add_version_flag};

}  // namespace assay::cli
