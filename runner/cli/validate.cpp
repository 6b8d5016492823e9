// validate: every mistake of a manifest, before anything runs.
#include <fmt/core.h>

#include "assay/error.h"
#include "runner/cli/experiments.h"
#include "runner/cli/output.h"

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

void check(const Call& one, const Catalog& catalog, Findings& found) try {
  found.trials += manifest_of(one, catalog).trials.size();
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
    fmt::print("ok: {} trial{}\n", found.trials, found.trials == 1 ? "" : "s");
  return found.code;
}

}  // namespace

const Verb kValidateVerb{"validate", "Check manifests without running anything.",
                         "MANIFEST [key=value...]...",
                         "  assay validate experiments/quickstart.yaml\n"
                         "  assay validate sweep.yaml optimizer.lr=0.05\n"
                         "  assay validate experiments/smoke/*.yaml --json\n",
                         run_validate};

}  // namespace assay::cli
