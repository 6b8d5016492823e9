// validate: every mistake of a manifest, before anything runs.
#include <fmt/core.h>

#include <set>

#include "assay/error.h"
#include "runner/cli/experiments.h"
#include "runner/cli/options.h"
#include "runner/cli/output.h"
#include "runner/schedule/build_check.h"

namespace assay::cli {
namespace {

struct Findings {
  Json errors = Json::array();
  std::size_t trials = 0;
  int code = kOk;

  void add(const Json& error, const std::string& line, int exit_code) {
    errors.push_back(error);
    fmt::print(stderr, "{}\n", line);
    if (code == kOk) code = exit_code;
  }
};

int code_of(const CheckAnswer& answer) {
  if (!is_mistake(answer)) return kFailure;
  return answer.error_kind == name_of(ErrorKind::kPlugin) ? kPlugin : kManifest;
}

void build(const Call& call, const Experiment& experiment, Findings& found) {
  const auto checks = check_builds(experiment, StagesToBuild::kAll);
  std::set<std::string> told;
  for (const auto& one : checks.done) {
    if (!one.answer.read.empty() && told.insert(one.answer.read).second)
      note(call, "read " + one.answer.read);
    if (one.answer.error_kind.empty()) continue;
    const auto error = locate(one, experiment);
    if (!told.insert(error.text()).second) continue;
    found.add(to_json(error), error.text(), code_of(one.answer));
  }
  if (!checks.problem.empty())
    complain(call, fmt::format("not all components could be built: {}", checks.problem));
  else if (checks.done.size() < checks.combinations)
    note(call, fmt::format("{} of {} combinations of components were built; the others are built "
                           "when they run",
                           checks.done.size(), checks.combinations));
}

void check(const Call& one, const Catalog& catalog, Findings& found) try {
  const auto experiment = manifest_of(one, catalog);
  found.trials += experiment.trials.size();
  if (!one.flag("text-only")) build(one, experiment, found);
} catch (const ManifestErrors& errors) {
  for (const auto& error : errors.all()) found.add(to_json(error), error.text(), kManifest);
} catch (const Error& error) {
  const int code = error.kind() == ErrorKind::kPlugin     ? kPlugin
                   : error.kind() == ErrorKind::kManifest ? kManifest
                                                          : kFailure;
  Diagnostic unlocated;
  unlocated.at.file = one.words[0];
  unlocated.message = error.what();
  found.add(to_json(unlocated), error.what(), code);
}

int run_validate(const Call& call) {
  if (call.words.empty()) throw UsageError("`assay validate` takes a manifest");
  const Catalog catalog = catalog_of(call);
  Findings found;
  for (const auto& one : one_a_manifest(call)) check(one, catalog, found);
  const bool ok = found.code == kOk;
  if (call.json)
    print_json(call, {{"ok", ok}, {"trials", found.trials}, {"errors", found.errors}});
  else if (ok)
    fmt::print("ok: {}\n", format_count(found.trials, "trial"));
  return found.code;
}

void add_validate_flags(boost::program_options::options_description& flags) {
  flags.add_options()("text-only", on_or_off(),
                      "check the manifest alone, and do not build its components");
}

}  // namespace

const Verb kValidateVerb{"validate",
                         "Check manifests without running anything.",
                         "MANIFEST [key=value...]...",
                         "  assay validate experiments/quickstart.yaml\n"
                         "  assay validate sweep.yaml optimizer.lr=0.05\n"
                         "  assay validate experiments/smoke/*.yaml --json\n",
                         run_validate,
                         add_validate_flags};

}  // namespace assay::cli
