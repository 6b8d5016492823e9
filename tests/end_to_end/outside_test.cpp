// Projects outside of the repository, against an installed SDK.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "tests/support/sdk.h"

using namespace assay::testing;

namespace {

// The examples of docs/add-a-plugin.md, six plugins in one project, beside two generated folders.
const char* const kTogether = R"(cmake_minimum_required(VERSION 3.25)
project(together LANGUAGES CXX)
add_subdirectory(examples)
add_subdirectory(first)
add_subdirectory(second)
)";

}  // namespace

// One case, since a second one would install and build all of it again.
TEST_CASE("several projects and plugins build together, and the documented examples run") {
  const Sdk sdk;
  sdk.folder().write("CMakeLists.txt", kTogether);
  sdk.require("cp -r $ASSAY_SOURCE/docs/examples .");
  sdk.require("prefix/bin/assay plugin new optimizer first --dir first");
  sdk.require("prefix/bin/assay plugin new model second --dir second");
  sdk.build(".", "build");
  sdk.require("test -f build/first/plugins/first.so -a -f build/second/plugins/second.so");
  const auto said =
      sdk.require("prefix/bin/assay run examples/run.yaml --plugins build/examples/plugins --json");
  for (const auto& trial : nlohmann::json::parse(said.out).at("trials"))
    CHECK(trial.at("state") == "done");

  // The build id of a plugin does not depend on the folder.
  const auto id = [&](const std::string& where) {
    const auto source = where + "/first", build = source + "/build";
    sdk.require("mkdir -p " + where + " && cp -r first " + where);
    sdk.build(source, build, "-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON");
    return sdk.require("readelf -n " + build + "/plugins/first.so | grep 'Build ID'").out;
  };
  CHECK(id("here") == id("some/where/else"));

  // Without LibTorch, the message says where it was looked for, and what to set.
  const auto absent = sdk.run(
      "HOME=$PWD/empty XDG_CACHE_HOME= cmake -S first -B absent -G Ninja "
      "-DCMAKE_PREFIX_PATH=$PWD/prefix");
  CHECK(absent.code != 0);
  CHECK_THAT(absent.err, Catch::Contains("was not found in CMAKE_PREFIX_PATH, in Python, or in"));
  CHECK_THAT(absent.err, Catch::Contains("ASSAY_LIBTORCH to its folder"));
}
