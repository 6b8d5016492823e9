// The folder of an experiment that a user names is the one that is used, however it is named.
#include <catch2/catch.hpp>

#include "tests/runner/cli/desk.h"

using namespace assay::testing;
using Catch::Contains;

namespace {

struct Finished : Desk {
  Finished() { REQUIRE(assay("run two.yaml -q").code == 0); }

  /// The run folders below `runs/`, and what was changed in them last.
  std::string stand() const { return command("find runs -printf '%P %T@\\n' | sort").out; }
};

// `folder` has both trials, done, and `status` and `resume` of it change no other folder.
void check_done(const Finished& desk, const std::string& prefix, const std::string& folder) {
  INFO(prefix << " " << folder);
  for (const std::string verb : {"status", "compare", "resume"}) {
    const auto said = desk.command("sh -c '" + prefix + " assay " + verb + " " + folder + "'");
    INFO(verb << ": " << said.out << said.err);
    CHECK(said.code == 0);
    if (verb == "status") CHECK_THAT(said.out, Contains("2 trials: 2 done"));
    if (verb == "compare") CHECK_THAT(said.out, Contains("0.5050"));
    if (verb == "resume") CHECK_THAT(said.err, Contains("2 trials, 2 already done"));
  }
}

}  // namespace

TEST_CASE("a folder is found by `.`, a relative path, an absolute path and a link") {
  const Finished desk;
  desk.command("ln -s runs/two link");
  for (const auto& [prefix, folder] : {std::pair{"", "runs/two"},
                                       {"", "runs/../runs/two/"},
                                       {"cd runs/two &&", "."},
                                       {"cd runs/two &&", "../two"},
                                       {"cd runs &&", "two"},
                                       {"", "link"},
                                       {"", "$PWD/runs/two"}})
    check_done(desk, prefix, folder);
  CHECK(desk.command("ls runs").out == "assay.db\ntwo\n");
  CHECK(desk.command("ls runs/two | grep -c two").out == "0\n");
}

TEST_CASE("a renamed folder goes on under its name") {
  const Finished desk;
  desk.command("mv runs/two runs/renamed");
  check_done(desk, "", "runs/renamed");
  CHECK(desk.command("ls runs").out == "assay.db\nrenamed\n");
}

TEST_CASE("a copy of a folder is used without a change of the original") {
  const Finished desk;
  desk.command("cp -r runs/two runs/copy");
  desk.command("sh -c 'rm -r runs/copy/*/status.json runs/copy/*/checkpoints'");
  const auto before = desk.command("find runs/two -printf '%P %T@ %s\\n' | sort").out;
  const auto said = desk.assay("resume runs/copy");
  CHECK(said.code == 0);
  CHECK_THAT(said.out, Contains("report: "));
  CHECK_THAT(said.out, Contains("runs/copy/report.html"));
  CHECK(desk.command("find runs/two -printf '%P %T@ %s\\n' | sort").out == before);
}

TEST_CASE("a resumed folder has as many workers as its manifest asked for") {
  const Finished desk;
  CHECK_THAT(desk.command("sh -c 'cat runs/two/*/resolved.yaml'").out, Contains("  workers: 2"));
}

TEST_CASE("points of a random search that repeat others are told") {
  const Desk desk;
  desk.folder.write(
      "few.yaml",
      "assay: 1\nname: few\nprocedure: {use: fake}\n"
      "search: {use: random, trials: 9}\nsweep: {procedure.units: {int_uniform: [3, 4]}}\n");
  const auto said = desk.assay("validate few.yaml");
  CHECK(said.code == 0);
  CHECK_THAT(said.out, Contains("ok: 2 trials"));
  CHECK_THAT(said.err,
             Contains("the sweep has 9 points, of which 7 repeat others: 2 trials differ"));
  CHECK(desk.assay("validate few.yaml -q").err.empty());
}
