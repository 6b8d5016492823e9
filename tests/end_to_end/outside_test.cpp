// Projects outside of the repository, against an installed SDK.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "tests/support/shell.h"

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

TEST_CASE("several projects and plugins build together, and the documented examples run") {
  const Folder folder;
  folder.write("CMakeLists.txt", kTogether);
  const std::string in = "cd " + folder.path().string() + "; export XDG_CACHE_HOME=$PWD/cache; ";
  const auto must = [&](const std::string& command) {
    const auto said = shell(in + command);
    INFO(command << "\n" << said.out << said.err);
    REQUIRE(said.code == 0);
    return said;
  };
  must("cmake --install $ASSAY_BUILD --prefix $PWD/prefix && cp -r $ASSAY_SOURCE/docs/examples .");
  must(
      "prefix/bin/assay plugin new optimizer first --dir first && "
      "prefix/bin/assay plugin new model second --dir second");
  must(
      "cmake -S . -B build -G Ninja -DCMAKE_PREFIX_PATH=$PWD/prefix "
      "-DASSAY_LIBTORCH=$ASSAY_LIBTORCH_DIR && cmake --build build -j2");
  must("test -f build/first/plugins/first.so -a -f build/second/plugins/second.so");
  const auto said =
      must("prefix/bin/assay run examples/run.yaml --plugins build/examples/plugins --json");
  for (const auto& trial : nlohmann::json::parse(said.out).at("trials"))
    CHECK(trial.at("state") == "done");

  SECTION("the build id of a plugin does not depend on the folder") {
    const auto id = [&](const std::string& where) {
      must("mkdir -p " + where + " && cp -r first " + where + " && cmake -S " + where +
           "/first -B " + where +
           "/first/build -G Ninja -DCMAKE_PREFIX_PATH=$PWD/prefix "
           "-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON -DASSAY_LIBTORCH=$ASSAY_LIBTORCH_DIR "
           "&& cmake --build " +
           where + "/first/build");
      return must("readelf -n " + where + "/first/build/plugins/first.so | grep 'Build ID'").out;
    };
    CHECK(id("here") == id("some/where/else"));
  }
  SECTION("without LibTorch, the message says where it was looked for and what to set") {
    const auto absent = shell(in +
                              "HOME=$PWD/empty XDG_CACHE_HOME= cmake -S first -B absent -G Ninja "
                              "-DCMAKE_PREFIX_PATH=$PWD/prefix");
    CHECK(absent.code != 0);
    CHECK_THAT(absent.err, Catch::Contains("was not found in CMAKE_PREFIX_PATH, in Python, or in"));
    CHECK_THAT(absent.err, Catch::Contains("ASSAY_LIBTORCH to its folder"));
  }
}
