// toy_conflict: the landscape's values, its symmetry and where descent ends.
#include <catch2/catch.hpp>

#include <ATen/ops/cosine_similarity.h>
#include <torch/csrc/autograd/autograd.h>

#include "assay/sdk/training.h"
#include "runner/conformance/tiny.h"
#include "tests/support/plugin_host.h"

using namespace assay;
using namespace assay::testing;

namespace {

struct Toy {
  Parts parts;
  explicit Toy(const Reals& start) {
    parts.dataset = plugins().make<Dataset>({"toy_conflict", {}});
    const auto& info = parts.dataset->info();
    parts.model = plugins().make<Model>({"toy_conflict", {{"start", start}}}, &info);
    parts.objective = plugins().make<Objective>({"toy_conflict", {}}, &info);
  }
  std::vector<Term> terms() const {
    const auto batch = parts.dataset->load(parts.dataset->ids(Split::kTrain), {});
    return parts.objective->evaluate(*parts.model, batch, {});
  }
  std::pair<double, double> losses() const {
    const auto both = terms();
    return {both.at(0).value.item<double>(), both.at(1).value.item<double>()};
  }
};

}  // namespace

TEST_CASE("the two losses have the values of the paper's equations") {
  // Worked out apart, with Python's math module.
  const std::vector<std::pair<Reals, std::pair<double, double>>> golden = {
      {{-8.5, 7.5}, {6.552363407771327, 7.900798143172848}},
      {{9, 9}, {7.943949188978327, 6.691495369217006}},
      {{-8.5, -5}, {4.0599178368931375, -19.421502459110904}},
      {{1.5, -3}, {-15.138604542210391, -11.336981876901952}}};
  for (const auto& [start, expected] : golden) {
    const auto found = Toy(start).losses();
    CHECK(found.first == Approx(expected.first).epsilon(1e-5));
    CHECK(found.second == Approx(expected.second).epsilon(1e-5));
  }
}

TEST_CASE("the landscape is its own mirror image, with the losses exchanged") {
  for (const Reals& start : {Reals{-8.5, 7.5}, Reals{3, 1}, Reals{-2, -4}}) {
    const auto here = Toy(start).losses(), there = Toy({-start[0], start[1]}).losses();
    CHECK(here.first == Approx(there.second).epsilon(1e-5));
    CHECK(here.second == Approx(there.first).epsilon(1e-5));
  }
}

TEST_CASE("training descends to where the mean of the losses is smallest") {
  Toy toy({1.5, -3});
  toy.parts.optimizer = plugins().make<Optimizer>({"sgd", {{"lr", 2.0}}});
  const auto train = plugins().make<Procedure>({"train", {{"steps", std::int64_t{400}}}},
                                               &toy.parts.dataset->info());
  Rows rows;
  for (std::int64_t unit = 0; unit < train->units(toy.parts); ++unit)
    train->advance(unit, toy.parts, {torch::kCPU, Rng(1)}, rows);
  const auto t = toy.parts.model->parameters()[0];
  CHECK(t[0].item<double>() == Approx(0).margin(1e-4));
  CHECK(t[1].item<double>() == Approx(-8.3551).margin(1e-3));
  const std::map<std::string, double> found(rows.rows.begin(), rows.rows.end());
  CHECK(found.at("test/mse") < 1e-6);
  CHECK(found.contains("train/term/l1"));
}

TEST_CASE("the two losses pull at the shared numbers against one another") {
  Toy toy({0, -5});
  const auto both = toy.terms();
  const auto gradient = [&](const Term& term) {
    return torch::autograd::grad({term.value}, toy.parts.model->parameters(), {}, true)[0];
  };
  const auto one = gradient(both[0]), other = gradient(both[1]);
  CHECK(one[0].item<double>() < -1);
  CHECK(other[0].item<double>() > 1);
  CHECK(at::cosine_similarity(one, other, 0).item<double>() < -0.5);
}

TEST_CASE("toy_conflict is for itself alone") {
  const testing::TinyData data;
  CHECK_THROWS_WITH(plugins().make<Objective>({"toy_conflict", {}}, &data.info()),
                    Catch::Contains("works only with the dataset and the model `toy_conflict`"));
  CHECK_THROWS_WITH(Toy({1, 2, 3}), Catch::Contains("expected two"));
  CHECK_THROWS_WITH(plugins().make<Model>({"toy_conflict", {}}), Catch::Contains("start"));
}
