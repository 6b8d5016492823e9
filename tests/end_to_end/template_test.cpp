// What `assay plugin new` writes builds, passes the test that comes with it, and runs.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "tests/support/data.h"
#include "tests/support/sdk.h"

using namespace assay::testing;

namespace {

const std::vector<std::string> kKinds = {"dataset",   "model",     "objective",
                                         "optimizer", "procedure", "transform",
                                         "metric",    "predictor", "callback"};

// A checkout as far as `plugin new` looks, with a build of its own against the installed package.
const char* const kProject = R"(cmake_minimum_required(VERSION 3.25)
project(made LANGUAGES CXX)
find_package(assay REQUIRED)
find_package(Catch2 REQUIRED)
foreach(kind dataset model objective optimizer procedure transform metric predictor callback)
  add_subdirectory(plugins/made/my_${kind})
  file(APPEND ${CMAKE_BINARY_DIR}/all.cpp.new "#include \"${CMAKE_SOURCE_DIR}/tests/plugins/made/my_${kind}_test.cpp\"\n")
endforeach()
file(RENAME ${CMAKE_BINARY_DIR}/all.cpp.new ${CMAKE_BINARY_DIR}/all.cpp)
add_executable(made_test ${CMAKE_BINARY_DIR}/all.cpp $ENV{ASSAY_SOURCE}/tests/support/main.cpp
  $ENV{ASSAY_SOURCE}/tests/support/data.cpp
  $ENV{ASSAY_SOURCE}/tests/support/plugin_host.cpp)
target_include_directories(made_test PRIVATE $ENV{ASSAY_SOURCE})
target_compile_options(made_test PRIVATE -std=c++20)
target_link_libraries(made_test PRIVATE assay::core Catch2::Catch2)
)";

}  // namespace

TEST_CASE("a new plugin of each kind builds, passes its test and runs its manifest") {
  if (fashion_missing()) return;
  const Sdk sdk;
  sdk.folder().write("plugins/CMakeLists.txt", "");
  sdk.folder().write("CMakeLists.txt", kProject);
  for (const auto& kind : kKinds)
    sdk.require("prefix/bin/assay plugin new " + kind + " my_" + kind + " --topic made");
  sdk.build(".", "build");
  sdk.require(
      "cp $ASSAY_BUILD/plugins/cross_entropy.so $ASSAY_BUILD/plugins/metrics.so build/plugins && "
      "ASSAY_BUILD=$PWD/build "
      "build/made_test");
  for (const auto& kind : kKinds) {
    const auto said = sdk.require("prefix/bin/assay run experiments/made/my_" + kind +
                                  ".yaml --plugins build/plugins --json");
    CHECK(nlohmann::json::parse(said.out).at("trials")[0].at("state") == "done");
  }
  const auto twice = sdk.run("prefix/bin/assay plugin new model my_model --topic made");
  CHECK(twice.code != 0);
  CHECK_THAT(twice.err, Catch::Contains("already exists"));
}
