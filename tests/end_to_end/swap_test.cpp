// Methods are swapped without rebuilding the core: by a word, by a new file, by a newer build.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "tests/support/data.h"
#include "tests/support/sdk.h"

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

}  // namespace

TEST_CASE("a word, a dropped file and a newer build each take effect without a rebuild") {
  if (fashion_missing()) return;
  const Sdk sdk;
  sdk.folder().write("swap.yaml", kManifest);
  sdk.require("prefix/bin/assay run swap.yaml");
  const auto sam = sdk.require("prefix/bin/assay run swap.yaml optimizer.use=sam --json");
  CHECK(Json::parse(sam.out)["trials"][0]["reused"] == false);

  const auto sweep = sdk.folder().write(
      "sweep.yaml",
      std::string(kManifest).replace(std::string(kManifest).find("optimizer: sgd"), 14,
                                     "sweep: {optimizer: [{use: sgd}, {use: half}]}"));
  const auto unknown = sdk.run("prefix/bin/assay validate sweep.yaml");
  CHECK(unknown.code == 3);
  CHECK(unknown.err.find("half") != std::string::npos);

  sdk.folder().write("outside/CMakeLists.txt", kProject);
  const auto drop = [&](const std::string& factor) {
    sdk.folder().write("outside/half.cpp", plugin(factor));
    sdk.build("outside", "outside/build");
    sdk.require("mkdir -p dropped && cp outside/build/plugins/half.so dropped/half.so");
  };
  drop("0.5");
  const auto first = sdk.require("prefix/bin/assay run sweep.yaml --plugins dropped --json");
  auto trials = Json::parse(first.out)["trials"];
  CHECK(trials[0]["reused"] == true);
  CHECK(trials[1]["reused"] == false);
  const auto before = trials[1]["metrics"]["test/nll"];

  drop("0.25");
  const auto second = sdk.require("prefix/bin/assay run sweep.yaml --plugins dropped --json");
  trials = Json::parse(second.out)["trials"];
  CHECK(trials[0]["reused"] == true);
  CHECK(trials[1]["reused"] == false);
  CHECK(trials[1]["metrics"]["test/nll"] != before);
}
