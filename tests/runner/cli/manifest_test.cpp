// Manifests that are wrong: exit codes, places, and the object for programs.
#include <catch2/catch.hpp>

#include "tests/runner/cli/desk.h"

using assay::testing::Desk;
using Catch::Contains;
using Catch::StartsWith;

TEST_CASE("a good manifest is ok") {
  const Desk desk;
  const auto said = desk.assay("validate two.yaml");
  CHECK(said.code == 0);
  CHECK(said.out == "ok: 2 trials\n");
  const auto answer = desk.json("validate two.yaml");
  CHECK(answer.at("ok") == true);
  CHECK(answer.at("errors").empty());
}

TEST_CASE("each mistake is a line with its place, on stderr, and exit 3") {
  const Desk desk;
  desk.folder.write("wrong.yaml",
                    "assay: 1\nname: wrong\nprocedure: {use: fake, unitz: 3}\nsed: 1\n");
  for (const std::string verb : {"validate", "plan", "run"}) {
    const auto said = desk.assay(verb + " wrong.yaml");
    CHECK(said.code == 3);
    CHECK(said.out.empty());
    CHECK_THAT(said.err,
               Contains("wrong.yaml:3:") && Contains("wrong.yaml:4:1: ") && Contains("units"));
  }
  const auto answer = desk.json("validate wrong.yaml");
  CHECK(answer.at("schema") == "assay.validate/1");
  CHECK(answer.at("ok") == false);
  REQUIRE(answer.at("errors").size() == 2);
  CHECK(answer.at("errors")[0].at("line") == 3);
  CHECK(answer.at("errors")[0].at("column").is_number());
}

TEST_CASE("an unknown component is a mistake of the manifest") {
  const Desk desk;
  const auto said = desk.assay("validate two.yaml procedure.use=fakd");
  CHECK(said.code == 3);
  CHECK_THAT(said.err, Contains("fake"));
}

TEST_CASE("a manifest that is not there fails") {
  const Desk desk;
  CHECK(desk.assay("run nowhere.yaml").code == 1);
  CHECK(desk.json("validate nowhere.yaml").at("ok") == false);
}

TEST_CASE("a plugin folder that is not there is a plugin error") {
  const Desk desk;
  CHECK(desk.assay("list --plugins nowhere").code == 4);
}

TEST_CASE("no malformed manifest is accepted, and each is told with its place") {
  const Desk desk;
  const std::filesystem::path source = std::getenv("ASSAY_SOURCE");
  const auto folder = source / "tests/runner/manifest/malformed";
  if (!std::filesystem::exists(folder)) return;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml") continue;
    CAPTURE(entry.path().string());
    const auto said = desk.assay("validate " + entry.path().string());
    CHECK(said.code == 3);
    CHECK(said.out.empty());
    CHECK_FALSE(said.err.empty());
  }
}

TEST_CASE("the schema of manifests is JSON that knows the components") {
  const Desk desk;
  const auto schema = nlohmann::json::parse(desk.assay("schema").out);
  CHECK_THAT(schema.dump(), Contains("units") && Contains("fake"));
}

TEST_CASE("components that cannot be built are mistakes, at their place") {
  const Desk desk;
  desk.folder.write("both.yaml",
                    "assay: 1\nname: both\nprocedure:\n  use: fake\n  steps: 4\n  units: 5\n");
  const auto said = desk.assay("validate both.yaml");
  CHECK(said.code == 3);
  CHECK(said.err == "both.yaml:6:10: give `steps` or `units`\n");
  const auto json = nlohmann::json::parse(desk.assay("validate both.yaml --json").out);
  CHECK(json.at("ok") == false);
  CHECK(json.at("errors")[0].at("line") == 6);
  CHECK(desk.assay("validate both.yaml --text-only").code == 0);
  const auto crash = desk.assay("validate both.yaml procedure.act=crash");
  CHECK(crash.code == 1);
  CHECK_THAT(crash.err, Contains("the worker ended with exit code 139 while it built"));
}

TEST_CASE("components are built once, however many seeds there are and how often one asks") {
  const Desk desk;
  const auto asked = [&] { return desk.command("wc -l < cache/checks").out; };
  CHECK(desk.assay("validate two.yaml").out == "ok: 2 trials\n");
  CHECK(asked() == "1\n");
  CHECK(desk.assay("validate two.yaml").code == 0);
  CHECK(asked() == "1\n");
  CHECK(desk.assay("validate two.yaml procedure.units=4").code == 0);
  CHECK(asked() == "2\n");
  std::string many = "assay: 1\nname: many\nprocedure: {use: fake}\nsweep: {procedure.units: [";
  for (int k = 10; k < 90; ++k) many += std::to_string(k) + (k < 89 ? ", " : "]}\n");
  desk.folder.write("many.yaml", many);
  const auto said = desk.assay("validate many.yaml");
  CHECK(said.out == "ok: 80 trials\n");
  CHECK_THAT(said.err, Contains("64 of 80 combinations of components were built"));
}
