// list, describe, plugin: what there is, and what was refused.
#include <catch2/catch.hpp>

#include "tests/runner/cli/desk.h"

using assay::testing::Desk;
using Catch::Contains;

TEST_CASE("list prints components, and refused plugins at the end") {
  const Desk desk;
  desk.folder.write("plugins/bad.so", "");
  const auto text = desk.assay("list").out;
  CHECK(text.find("fake  Does what it is told.") < text.find("has no ABI tag"));
  const auto answer = desk.json("list");
  CHECK(answer.at("schema") == "assay.list/1");
  const auto& fake = answer.at("components")[0];
  CHECK(fake.at("kind") == "procedure");
  CHECK(fake.at("name") == "fake");
  CHECK(fake.at("fields")[1].at("name") == "units");
  CHECK(fake.at("fields")[1].at("type") == "integer");
  CHECK(fake.at("fields")[1].at("default") == 3);
  CHECK(answer.at("refused")[0].at("file").get<std::string>().find("bad.so") != std::string::npos);
  CHECK(desk.assay("list procedures").code == 2);
}

TEST_CASE("describe takes a name with or without its kind") {
  const Desk desk;
  CHECK_THAT(desk.assay("describe fake").out, Contains("procedure/fake") && Contains("For tests."));
  CHECK(desk.assay("describe procedure/fake").code == 0);
  const auto wrong = desk.assay("describe fakd");
  CHECK(wrong.code == 4);
  CHECK_THAT(wrong.err, Contains("`fake`"));
  CHECK(desk.assay("describe procedure/fakd").code == 4);
}

TEST_CASE("plugin list and check tell what a file is") {
  const Desk desk;
  desk.folder.write("plugins/bad.so", "");
  CHECK_THAT(desk.assay("plugin list").out,
             Contains("fake.so  b01d  procedure/fake") && Contains("refused"));
  CHECK(desk.json("plugin list").at("plugins")[0].at("build") == "b01d");
  CHECK(desk.assay("plugin check plugins/fake.so").code == 0);
  const auto bad = desk.assay("plugin check plugins/bad.so");
  CHECK(bad.code == 4);
  CHECK_THAT(bad.err, Contains("has no ABI tag"));
  CHECK(desk.assay("plugin check nowhere.so").code == 4);
  CHECK(desk.assay("plugin chek").code == 2);
}

TEST_CASE("a probe that something killed is no verdict on the plugin") {
  const Desk desk;
  std::filesystem::rename(desk.folder.path() / "plugins/fake.so",
                          desk.folder.path() / "plugins/killed.so");
  const auto first = desk.assay("list");
  CHECK_THAT(first.out, Contains("killed.so: its probe was killed, or memory ran out"));
  CHECK(desk.json("list").at("components").size() == 1);
}

TEST_CASE("plugin check asks again, and its answer is remembered") {
  const Desk desk;
  std::filesystem::rename(desk.folder.path() / "plugins/fake.so",
                          desk.folder.path() / "plugins/bad.so");
  CHECK_THAT(desk.assay("list").out, Contains("has no ABI tag"));
  desk.folder.write("plugins/bad.so.cured", "");  // a library that it needs is installed, say
  CHECK_THAT(desk.assay("list").out, Contains("has no ABI tag"));
  CHECK(desk.assay("plugin check plugins/bad.so").code == 0);
  CHECK_THAT(desk.assay("list").out, !Contains("has no ABI tag"));
}

TEST_CASE("plugin new writes a project, or into a checkout, and never over a file") {
  const Desk desk;
  const std::string kind = GENERATE("dataset", "model", "objective", "optimizer", "procedure");
  const auto alone = desk.assay("plugin new " + kind + " my_part --dir out");
  CHECK(alone.code == 0);
  CHECK_THAT(alone.err, Contains("  cd out\n"));
  CHECK_THAT(assay::testing::slurp(desk.folder.path() / "out/smoke.yaml"), !Contains("$schema"));
  CHECK_THAT(assay::testing::slurp(desk.folder.path() / "out/my_part.cpp"),
             Contains("class MyPart final") && !Contains("@"));
  CHECK_THAT(assay::testing::slurp(desk.folder.path() / "out/CMakeLists.txt"),
             Contains("find_package(assay"));
  CHECK(desk.assay("plugin new " + kind + " my_part --dir out").code == 1);

  desk.folder.write("tree/plugins/CMakeLists.txt", "");
  CHECK(desk.assay("plugin new " + kind + " my_part --dir tree --topic made").code == 0);
  for (const char* file : {"plugins/made/my_part/CMakeLists.txt",
                           "plugins/made/my_part/my_part.cpp", "plugins/made/my_part/README.md",
                           "experiments/made/my_part.yaml", "tests/plugins/made/my_part_test.cpp"})
    CHECK(std::filesystem::exists(desk.folder.path() / "tree" / file));
}

TEST_CASE("plugin new asks for a topic in a checkout, and refuses one elsewhere") {
  const Desk desk;
  desk.folder.write("tree/plugins/CMakeLists.txt", "");
  desk.folder.write("tree/plugins/sharpness/sam/CMakeLists.txt", "");
  const auto none = desk.assay("plugin new model my_part --dir tree");
  CHECK(none.code == 4);
  CHECK_THAT(none.err, Contains("add --topic NAME; existing topics: sharpness"));
  for (const char* topic : {"../up", "Upper", "a/b"}) {
    const auto bad =
        desk.assay("plugin new model my_part --dir tree --topic " + std::string(topic));
    CHECK(bad.code == 4);
    CHECK_THAT(bad.err, Contains("is not a valid topic"));
  }
  const auto taken = desk.assay("plugin new model sam --dir tree --topic other");
  CHECK(taken.code == 1);
  CHECK_THAT(taken.err, Contains("plugins/sharpness/sam already exists"));
  CHECK(desk.assay("plugin new model shared --dir tree --topic other").code == 4);
  const auto alone = desk.assay("plugin new model my_part --dir out --topic sharpness");
  CHECK(alone.code == 4);
  CHECK_THAT(alone.err, Contains("leave --topic out"));
  CHECK(!std::filesystem::exists(desk.folder.path() / "out"));
}

TEST_CASE("plugin new refuses kinds without a template and names that are none") {
  const Desk desk;
  const auto kind = desk.assay("plugin new optimiser lion");
  CHECK(kind.code == 4);
  CHECK_THAT(kind.err, Contains("`optimizer`"));
  CHECK(desk.assay("plugin new optimizer Lion").code == 4);
  CHECK(desk.assay("plugin new optimizer ../lion").code == 4);
}
