// list: the components to choose from, and the plugins that were refused.
#include <fmt/core.h>

#include <algorithm>

#include "runner/cli/components.h"
#include "runner/cli/experiments.h"

namespace assay::cli {
namespace {

void print(const Call& call, const Catalog& catalog, const std::vector<ComponentInfo>& shown) {
  const bool color = colored(call, stdout);
  std::size_t width = 0;
  for (const auto& one : shown) width = std::max(width, one.name.size());
  std::string kind;
  for (const auto& one : shown) {
    if (one.kind != kind) fmt::print("{}\n", paint(one.kind, kBold, color));
    kind = one.kind;
    fmt::print("  {:<{}}  {}\n", one.name, width, one.doc);
  }
  if (!catalog.refused.empty()) fmt::print("{}\n", paint("refused", kRed, color));
  for (const auto& one : catalog.refused) fmt::print("  {}\n", one.reason);
}

int run_list(const Call& call) {
  call.expect_words(0, 1, "at most one kind of component");
  const Catalog catalog = catalog_of(call);
  std::vector<ComponentInfo> shown;
  for (const auto& one : catalog.components)
    if (call.words.empty() || call.words[0] == one.kind) shown.push_back(one);
  if (!call.words.empty() && shown.empty()) {
    const auto near = nearest(call.words[0], catalog.kinds());
    throw UsageError(fmt::format("no plugin registers a component of kind `{}`{}", call.words[0],
                                 near.empty() ? "" : fmt::format("; did you mean `{}`?", near)));
  }
  if (call.json) {
    auto all = Json::array();
    for (const auto& one : shown) all.push_back(to_json(one));
    print_json(call, {{"components", all}, {"refused", to_json(catalog.refused)}});
    return kOk;
  }
  print(call, catalog, shown);
  if (catalog.components.empty()) {
    note(call, "no plugin was found; these folders were searched:");
    for (const auto& folder : catalog.folders) note(call, "  " + folder);
  }
  return kOk;
}

}  // namespace

const Verb kListVerb{"list", "List the components of all plugins.", "[KIND]",
                     "  assay list\n"
                     "  assay list optimizer\n"
                     "  assay list --plugins ./build/plugins --json\n",
                     run_list};

}  // namespace assay::cli
