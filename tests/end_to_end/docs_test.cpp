// What the docs were generated from is what the programs are.
#include <catch2/catch.hpp>

#include <cstdlib>

#include "tests/support/shell.h"

using namespace assay::testing;

TEST_CASE("the reference pages are those of these plugins") {
  const std::filesystem::path docs = std::filesystem::path(std::getenv("ASSAY_SOURCE")) / "docs";
  const std::string here = "XDG_DATA_HOME=/nowhere ASSAY_PLUGIN_PATH= ";
  INFO(
      "regenerate with `assay describe --markdown > docs/reference.md` and `assay schema > "
      "docs/schema/manifest.json`");
  CHECK(shell(here + "assay describe --markdown").out == slurp(docs / "reference.md"));
  CHECK(shell(here + "assay schema").out == slurp(docs / "schema" / "manifest.json"));
}
