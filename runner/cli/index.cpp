// index: makes the cache of the run folders anew.
#include <fmt/core.h>

#include <filesystem>

#include "assay/error.h"
#include "runner/cli/output.h"
#include "runner/files/index.h"

namespace assay::cli {
namespace {

int run_index(const Call& call) {
  call.expect_words(0, 0, "no arguments; pass the folder with --runs");
  if (!std::filesystem::is_directory(call.runs))
    throw Error(ErrorKind::kIo,
                fmt::format("the folder {} does not exist; pass the one that holds your runs "
                            "with --runs",
                            call.runs.string()));
  const int count = Index(call.runs).rebuild();
  if (call.json)
    print_json(call, {{"runs", count}, {"file", (call.runs / "assay.db").string()}});
  else
    fmt::print("{} runs\n", count);
  return kOk;
}

}  // namespace

const Verb kIndexVerb{"index", "Rebuild runs/assay.db from the run folders.", "",
                      "  assay index\n"
                      "  assay index --runs /data/runs\n",
                      run_index};

}  // namespace assay::cli
