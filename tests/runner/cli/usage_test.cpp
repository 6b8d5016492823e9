// Flags, environment, help, colors, and mistakes on the command line.
#include <catch2/catch.hpp>

#include "tests/runner/cli/desk.h"

using assay::testing::Desk;
using Catch::Contains;
using Catch::EndsWith;
using Catch::StartsWith;

TEST_CASE("every verb has help with examples first") {
  const Desk desk;
  for (const std::string verb :
       {"run", "plan", "validate", "status", "resume", "stop", "list", "describe", "report",
        "compare", "export", "index", "plugin", "schema", "completion", "doctor", "version"}) {
    const auto said = desk.assay(verb + " --help");
    CAPTURE(verb);
    CHECK(said.code == 0);
    CHECK_THAT(said.out, StartsWith("Examples:\n  "));
    CHECK_THAT(said.out, Contains("--json") && Contains("Usage: assay " + verb));
  }
}

TEST_CASE("what does not exist is a usage error with the nearest name") {
  const Desk desk;
  const auto verb = desk.assay("rnu two.yaml");
  CHECK(verb.code == 2);
  CHECK_THAT(verb.err, Contains("`run`"));
  const auto flag = desk.assay("list --jsn");
  CHECK(flag.code == 2);
  CHECK_THAT(flag.err, Contains("--json"));
  CHECK_THAT(desk.assay("plan two.yaml --procedure.units=4").err,
             Contains("an override is written without dashes: procedure.units=4"));
  CHECK(desk.assay("").code == 2);
  CHECK(desk.assay("run").code == 2);
  CHECK(desk.assay("run two.yaml three.yaml").code == 2);
  const auto mixed = desk.assay("compare two.yaml .");
  CHECK(mixed.code == 2);
  CHECK_THAT(mixed.err, Contains("`.` is a folder: name manifests alone or run folders alone"));
  CHECK(desk.assay("list -j x").code == 2);
  CHECK(desk.assay("list --color purple").code == 2);
  CHECK(desk.assay("list --js").code == 2);  // no abbreviations
}

TEST_CASE("a flag that holds a placeholder of Boost's is refused in time") {
  const Desk desk;
  for (const auto& [flag, sentence] :
       {std::pair<std::string, std::string>{"--%option%", "no flag --%option%"},
        {"--jobs=%value%", "cannot be read"},
        {"-j%value%", "cannot be read"}}) {
    const auto said = desk.assay("list '" + flag + "'");
    CHECK(said.code == 2);
    CHECK_THAT(said.err, Contains(sentence));
  }
}

TEST_CASE("flags come in both forms and from the environment, the command line first") {
  const Desk desk;
  CHECK(desk.assay("run two.yaml --runs=a -j2").code == 0);
  CHECK(std::filesystem::exists(desk.folder.path() / "a" / "two"));
  CHECK(desk.assay("run two.yaml --runs b --json=false").code == 0);
  CHECK(std::filesystem::exists(desk.folder.path() / "b" / "two"));
  CHECK(desk.assay("run two.yaml", "ASSAY_RUNS=c").code == 0);
  CHECK(std::filesystem::exists(desk.folder.path() / "c" / "two"));
  CHECK(desk.assay("run -q --json --runs f two.yaml").code == 0);
  CHECK(desk.assay("run two.yaml --runs d", "ASSAY_RUNS=e").code == 0);
  CHECK_FALSE(std::filesystem::exists(desk.folder.path() / "e"));
  CHECK_THAT(desk.assay("list", "ASSAY_JSON=1").out,
             StartsWith("{\n \"schema\": \"assay.list/1\""));
  const auto bad = desk.assay("list", "ASSAY_JOBS=many");
  CHECK(bad.code == 2);
  CHECK_THAT(bad.err, Contains("ASSAY_JOBS"));
}

TEST_CASE("colors obey --color, then NO_COLOR") {
  const Desk desk;
  CHECK_THAT(desk.assay("list").out, !Contains("\033"));
  CHECK_THAT(desk.assay("list --color always").out, Contains("\033"));
  CHECK_THAT(desk.assay("list --color always", "NO_COLOR=1").out, Contains("\033"));
  CHECK_THAT(desk.assay("list", "NO_COLOR=1 TERM=xterm").out, !Contains("\033"));
}

TEST_CASE("quiet leaves results and errors") {
  const Desk desk;
  const auto good = desk.assay("run two.yaml -q");
  CHECK(good.err.empty());
  CHECK_FALSE(good.out.empty());
  CHECK_THAT(desk.assay("run two.yaml -q procedure.act=fail").err, Contains("no such file"));
}

TEST_CASE("completion scripts are shell that bash can read") {
  const Desk desk;
  const auto said = desk.assay("completion bash > c.sh && bash -n c.sh && grep -c describe c.sh");
  CHECK(said.code == 0);
  CHECK_THAT(desk.assay("completion zsh").out, StartsWith("#compdef assay"));
  CHECK(desk.assay("completion names").out == "procedure/fake\n");
  CHECK(desk.assay("completion fish").code == 2);
}

TEST_CASE("version and doctor answer") {
  const Desk desk;
  CHECK(desk.json("version").at("worker") == "<assay-abi interface=0 libtorch=fake>");
  CHECK_THAT(desk.assay("--version").out, EndsWith("worker interface 0, libtorch fake\n"));
  CHECK_THAT(desk.assay("doctor").out, Contains("libtorch  interface 0, libtorch fake\n"));
  const auto doctor = desk.json("doctor");
  CHECK(doctor.at("schema") == "assay.doctor/1");
  CHECK(doctor.at("checks").size() >= 6);
  CHECK_THAT(desk.assay("doctor", "ASSAY_WORKER=/nowhere").out, Contains("warn worker"));
}

TEST_CASE("a word too long to name a file is told so") {
  const Desk desk;
  const std::string word(300, 'x');
  for (const std::string verb : {"report ", "status ", "resume ", "export ", "status --runs "}) {
    const auto said = desk.assay(verb + word);
    CAPTURE(verb);
    CHECK(said.code == 1);
    CHECK_THAT(said.err, Contains("File name too long") && !Contains("filesystem error"));
  }
}
