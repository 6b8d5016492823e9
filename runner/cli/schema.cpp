// schema: the JSON Schema of manifests, for editors.
#include <fmt/core.h>

#include "runner/cli/experiments.h"

namespace assay::cli {
namespace {

// The schema is JSON of its own form, with --json too.
int run_schema(const Call& call) {
  call.expect_words(0, 0, "no arguments");
  fmt::print("{}\n", manifest_schema(catalog_of(call)));
  return kOk;
}

}  // namespace

const Verb kSchemaVerb{"schema", "Print the JSON Schema of manifests, for editors.", "",
                       "  assay schema > manifest.schema.json\n", run_schema};

}  // namespace assay::cli
