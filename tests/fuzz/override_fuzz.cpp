// Overrides of the command line, one a line, on a manifest that has a bit of everything.
#include <sstream>

#include "tests/fuzz/manifests.h"

using namespace assay;

namespace {

const Catalog catalog = fuzzing::catalog_without_paths();

const std::string kManifest =
    testing::kBase +
    "sweep: {optimizer.lr: [1, 2], model: {a: mlp, b: {use: mlp, hidden: [3]}}}\n"
    "limits: {workers: 2}\nreport: {metric: test/accuracy, compare: model}\n";

Strings lines_of(const std::string& text) {
  Strings lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzzing::Folder folder;
  static const auto file = folder.write("m.yaml", kManifest);
  const auto overrides = lines_of(fuzzing::text_of(data, size));
  return fuzzing::answer(size, [&] {
    try {
      if (fuzzing::is_small(file, overrides, catalog)) read_experiment(file, overrides, catalog);
    } catch (const ManifestErrors& errors) {
      fuzzing::check_places(errors);
    }
  });
}
