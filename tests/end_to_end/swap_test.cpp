// Methods are swapped without rebuilding the core: by a word, by a new file, by a newer build.
#include <catch2/catch.hpp>

#include <cstdlib>

#include <nlohmann/json.hpp>

#include "tests/support/shell.h"

using namespace assay::testing;
using Json = nlohmann::ordered_json;

namespace {

const char* const kManifest = R"(assay: 1
name: swap
dataset: {use: fashion_mnist, validation: 500, train_limit: 500}
model: {use: mlp, hidden: [16]}
objective: cross_entropy
optimizer: sgd
procedure: {use: train, steps: 5, batch: 32}
)";

const char* const kProject = R"(cmake_minimum_required(VERSION 3.25)
project(outside LANGUAGES CXX)
find_package(assay REQUIRED)
assay_add_plugin(half)
)";

// Gradient descent with a fixed factor, which a "newer build" changes.
std::string plugin(const std::string& factor) {
  return R"(#include "assay/registry.h"
namespace {
class Half final : public assay::Optimizer {
 public:
  struct Params { double lr = 0.1; };
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field("lr", &Params::lr, assay::above(0), "Step size.");
  }
  explicit Half(Params params) : p_(params) {}
  double step(assay::Problem& problem) override {
    const torch::NoGradGuard no_grad;
    const auto gradient = problem.gradient();
    for (std::size_t i = 0; i < gradient.tensors.size(); ++i)
      problem.parameters()[i].sub_(gradient.tensors[i], )" +
         factor + R"( * p_.lr);
    return gradient.loss;
  }
 private:
  Params p_;
};
}  // namespace
ASSAY_PLUGIN(registry) { registry.add<Half>("half", "Gradient descent with a factor, for a test."); }
)";
}

std::string env(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

TEST_CASE("a word, a dropped file and a newer build each take effect without a rebuild") {
  if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist")) {
    WARN("skipped: the Debian package dataset-fashion-mnist is not installed");
    return;
  }
  const Folder folder;
  folder.write("swap.yaml", kManifest);
  const std::string in = "cd " + folder.path().string() + "; export XDG_CACHE_HOME=$PWD/cache; ";
  const std::string assay = in + "prefix/bin/assay ";

  const auto installed = shell("cmake --install " + env("ASSAY_BUILD") + " --prefix " +
                               (folder.path() / "prefix").string());
  INFO(installed.err);
  REQUIRE(installed.code == 0);
  REQUIRE(shell(assay + "run swap.yaml").code == 0);
  const auto sam = shell(assay + "run swap.yaml optimizer.use=sam --json");
  INFO(sam.err);
  REQUIRE(sam.code == 0);
  CHECK(Json::parse(sam.out)["trials"][0]["reused"] == false);

  const auto sweep =
      folder.write("sweep.yaml",
                   std::string(kManifest).replace(std::string(kManifest).find("optimizer: sgd"), 14,
                                                  "sweep: {optimizer: [{use: sgd}, {use: half}]}"));
  const auto unknown = shell(assay + "validate sweep.yaml");
  CHECK(unknown.code == 3);
  CHECK(unknown.err.find("half") != std::string::npos);

  folder.write("outside/CMakeLists.txt", kProject);
  const auto build = [&](const std::string& factor) {
    folder.write("outside/half.cpp", plugin(factor));
    const auto made =
        shell(in +
              "cmake -S outside -B outside/build -G Ninja -DCMAKE_PREFIX_PATH=$PWD/prefix "
              "-DASSAY_LIBTORCH=" +
              env("ASSAY_LIBTORCH_DIR") +
              " && cmake --build outside/build && "
              "mkdir -p dropped && cp outside/build/plugins/half.so dropped/half.so");
    INFO(made.out << made.err);
    REQUIRE(made.code == 0);
  };
  build("0.5");
  const auto first = shell(assay + "run sweep.yaml --plugins dropped --json");
  INFO(first.err);
  REQUIRE(first.code == 0);
  auto trials = Json::parse(first.out)["trials"];
  CHECK(trials[0]["reused"] == true);
  CHECK(trials[1]["reused"] == false);
  const auto before = trials[1]["metrics"]["test/nll"];

  build("0.25");
  const auto second = shell(assay + "run sweep.yaml --plugins dropped --json");
  INFO(second.err);
  REQUIRE(second.code == 0);
  trials = Json::parse(second.out)["trials"];
  CHECK(trials[0]["reused"] == true);
  CHECK(trials[1]["reused"] == false);
  CHECK(trials[1]["metrics"]["test/nll"] != before);
}
