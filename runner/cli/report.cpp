// report: writes report.html anew from the run folders.
#include <fmt/core.h>

#include <filesystem>

#include "assay/error.h"
#include "runner/cli/folders.h"
#include "runner/cli/output.h"
#include "runner/cli/reporting.h"

namespace assay::cli {
namespace {

int run_report(const Call& call) {
  const Catalog catalog = catalog_of(call);
  auto json = Json::array();
  int code = kOk;
  for (const auto& some : experiments_of(call, catalog)) {
    const auto asked = whole_of(call, some);
    if (!std::filesystem::exists(asked.runs / asked.experiment.name))
      throw Error(ErrorKind::kData, fmt::format("`{0}` has no results in {1}: run it first with "
                                                "`assay run`, or name another folder with --runs",
                                                asked.experiment.name, asked.runs.string()));
    const auto trials = read_outcomes(asked.experiment, asked.runs);
    const auto file = write_report(call, asked.experiment, trials, asked.runs);
    if (file.empty()) return kFailure;
    if (complain_of_metric(call, asked.experiment, trials) != kOk) code = kFailure;
    json.push_back({{"name", asked.experiment.name}, {"report", file.string()}});
    if (!call.json) fmt::print("{}\n", file.string());
  }
  if (call.json) print_json(call, json.size() == 1 ? json[0] : Json{{"reports", json}});
  return code;
}

}  // namespace

const Verb kReportVerb{"report",
                       "Write report.html from the results in the run folders.",
                       "MANIFEST [key=value...] | RUN-FOLDER...",
                       "  assay report experiments/quickstart.yaml\n"
                       "  assay report runs/quickstart\n",
                       run_report,
                       add_version_flag};

}  // namespace assay::cli
