// Quarantine and safe mode, on the command line.
#include <catch2/catch.hpp>

#include "tests/runner/cli/desk.h"

using assay::testing::Desk;
using Catch::Contains;

TEST_CASE("a plugin put into quarantine is not used until it is released") {
  const Desk desk;
  REQUIRE(desk.assay("list").code == 0);
  const auto put = desk.assay("plugin quarantine plugins/fake.so --reason 'NaN since Monday'");
  CHECK(put.code == 0);
  const auto used = desk.assay("run two.yaml");
  CHECK(used.code == 3);
  CHECK_THAT(used.err, Contains("two.yaml:3:18: there is no procedure `fake`") &&
                           Contains("is in quarantine since ") && Contains("NaN since Monday") &&
                           Contains("`assay plugin release "));
  CHECK(desk.assay("plugin check plugins/fake.so").code == 4);
  CHECK_THAT(desk.assay("plugin list").out, Contains("quarantined ") && Contains("NaN since"));
  const auto listed = desk.json("plugin list");
  REQUIRE(listed.at("quarantined").size() == 1);
  CHECK(listed.at("quarantined")[0].at("reason") == "NaN since Monday");
  CHECK(listed.at("quarantined")[0].at("components")[0] == "procedure/fake");
  CHECK(listed.at("plugins").empty());
  CHECK_THAT(listed.at("refused").dump(), Contains("plugins/fake.so: is in quarantine"));
  CHECK(desk.assay("plugin release plugins/fake.so").code == 0);
  CHECK(desk.assay("run two.yaml").code == 0);
  CHECK(desk.json("plugin list").at("quarantined").empty());
}

TEST_CASE("another name than its components' does not hide that a plugin is in quarantine") {
  const Desk desk;
  desk.command("mv plugins/fake.so plugins/other.so");
  REQUIRE(desk.assay("list").code == 0);
  REQUIRE(desk.assay("plugin quarantine plugins/other.so").code == 0);
  CHECK_THAT(desk.assay("validate two.yaml").err,
             Contains("the plugin that registers it was refused") && Contains("quarantine"));
}

TEST_CASE("a plugin that crashed is not probed again, not even with an empty cache") {
  const Desk desk;
  desk.folder.write("plugins/crash.so", "");
  CHECK_THAT(desk.assay("list").out, Contains("crashed with signal 11") && Contains("quarantine"));
  desk.folder.write("plugins/crash.so.cured", "");  // a probe would find nothing wrong now
  desk.command("rm -r cache");
  CHECK_THAT(desk.assay("list").out, Contains("crashed with signal 11"));
  CHECK_THAT(desk.assay("plugin check plugins/crash.so").err, Contains("quarantine"));
  desk.command("rm plugins/fake.so");  // it offers the same component
  SECTION("it is when the file changes") {
    desk.folder.write("plugins/crash.so", "built anew");
    CHECK_THAT(desk.assay("list").out, !Contains("quarantine"));
  }
  SECTION("it is when it is released") {
    CHECK(desk.assay("plugin release plugins/crash.so").code == 0);
    CHECK_THAT(desk.assay("plugin list").out, Contains("crash.so  b01d  procedure/fake"));
  }
}

TEST_CASE("a list that cannot be read is told each time, and stops nobody") {
  const Desk desk;
  desk.folder.write("state/assay/quarantine.json", "{");
  const auto run = desk.assay("run two.yaml");
  CHECK(run.code == 0);
  CHECK_THAT(run.err,
             Contains("quarantine.json: is not a quarantine list; repair it, or remove it"));
  CHECK(desk.assay("plugin quarantine plugins/fake.so").code == 1);  // it is not written over
}

TEST_CASE("a plugin that is released is probed anew") {
  const Desk desk;
  desk.command("mv plugins/fake.so plugins/crash.so");
  REQUIRE_THAT(desk.assay("list").out, Contains("quarantine"));
  desk.folder.write("plugins/crash.so.cured", "");
  REQUIRE(desk.assay("plugin release plugins/crash.so").code == 0);
  CHECK(desk.assay("run two.yaml").code == 0);
}

TEST_CASE("without a state folder, what crashed is remembered for as long as the cache lives") {
  const Desk desk;
  desk.folder.write("state", "no folder");
  desk.command("mv plugins/fake.so plugins/crash.so");
  CHECK_THAT(desk.assay("list").out, Contains("crash.so: crashed with signal 11"));
  desk.folder.write("plugins/crash.so.cured", "");
  CHECK_THAT(desk.assay("list").out, Contains("crash.so: crashed with signal 11"));
}

TEST_CASE("what cannot be put into quarantine or taken out is said") {
  const Desk desk;
  CHECK_THAT(desk.assay("plugin quarantine nowhere.so").err, Contains("nowhere.so: no such file"));
  const auto free = desk.assay("plugin release plugins/fake.so");
  CHECK(free.code == 4);
  CHECK_THAT(free.err,
             Contains("is not in quarantine; `assay plugin list` lists the quarantined plugins"));
  CHECK(desk.assay("plugin quarantine").code == 2);
}

TEST_CASE("a plugin that kills the worker that probes it costs the others nothing") {
  const Desk desk;
  desk.folder.write("plugins/assassin.so", "");  // probed before the other
  const auto said = desk.assay("run two.yaml");
  CHECK(said.code == 0);
  CHECK_THAT(desk.assay("list").out, Contains("assassin.so: its probe was killed"));
}

TEST_CASE("a folder or file that cannot be read costs the others nothing") {
  const Desk desk;
  desk.command("mkdir plugins/folder.so; mkfifo plugins/pipe.so; ln -s loop.so plugins/loop.so");
  CHECK(desk.assay("run two.yaml").code == 0);
  CHECK(desk.assay("plugin check plugins/loop.so").code == 0);  // the worker has the last word
}

TEST_CASE("safe mode knows the plugins of the installation alone, and says so") {
  const Desk desk;
  const auto flag = desk.assay("list --safe-mode --plugins plugins");
  CHECK(flag.code == 0);
  CHECK_THAT(flag.err, Contains("safe mode: only plugins of "));
  CHECK_THAT(desk.assay("list", "ASSAY_SAFE_MODE=1").err, Contains("safe mode"));
  const auto plugins = desk.assay("plugin list --safe-mode").out;
  CHECK_THAT(plugins, !Contains(desk.folder.path().string()));
  CHECK_THAT(desk.assay("plugin list").out, Contains(desk.folder.path().string()));
}
