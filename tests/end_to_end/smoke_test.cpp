// Every manifest of experiments/smoke runs as it stands.
#include <catch2/catch.hpp>

#include <cstdlib>

#include <nlohmann/json.hpp>

#include "tests/support/data.h"
#include "tests/support/shell.h"

using namespace assay::testing;
namespace fs = std::filesystem;

TEST_CASE("the smoke experiments run, and are reused when asked for again") {
  if (fashion_missing()) return;
  const Folder folder;
  int found = 0;
  for (const auto& entry :
       fs::directory_iterator(std::string(std::getenv("ASSAY_SOURCE")) + "/experiments/smoke")) {
    if (entry.path().extension() != ".yaml") continue;  // the table of one
    const std::string run =
        "cd " + folder.path().string() + "; assay run " + entry.path().string() + " --json";
    for (const bool again : {false, true}) {
      const auto said = shell(run);
      INFO(entry.path() << "\n" << said.err);
      REQUIRE(said.code == 0);
      const auto answer = nlohmann::json::parse(said.out);  // outlives the loop over it
      REQUIRE_FALSE(answer.at("trials").empty());
      for (const auto& trial : answer.at("trials")) {
        CHECK(trial.at("state") == "done");
        CHECK(trial.at("reused") == again);
      }
    }
    ++found;
  }
  CHECK(found >= 7);
}
