// Objectives and evaluate against numbers worked out by hand.
#include <catch2/catch.hpp>

#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "assay/sdk/training.h"
#include "runner/conformance/tiny.h"
#include "tests/support/plugin_host.h"

using namespace assay;
using assay::testing::plugins;

namespace {

class Same final : public Model {  // its output is its input
 public:
  Output forward(const Batch& batch) override { return {batch.input, {}}; }
};

const Info kClasses{{3}, 3, 1, {"a", "b", "c"}, {"left", "right"}};
const Info kReal{{2}, 0, 2, {}, {}};

class Table final : public Dataset {  // four samples of three logits, two groups
 public:
  explicit Table(Info info = kClasses) : info_(std::move(info)) {}
  const Info& info() const override { return info_; }
  std::span<const std::int64_t> ids(Split split) const override {
    return split == Split::kTest ? std::span<const std::int64_t>(ids_)
                                 : std::span<const std::int64_t>();
  }
  Batch load(std::span<const std::int64_t> ids, const Context&) const override {
    const auto id = torch::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()), torch::kInt64);
    const auto input =
        torch::tensor({5.0, 0.0, 0.0, 0.0, 5.0, 0.0, 5.0, 0.0, 0.0, 0.0, 0.0, 5.0}, torch::kFloat);
    return {input.view({4, 3}).index_select(0, id),
            torch::tensor({0, 1, 1, 2}, torch::kInt64).index_select(0, id), id,
            torch::tensor({0, 0, 1, 1}, torch::kInt64).index_select(0, id)};
  }

 private:
  Info info_;
  std::vector<std::int64_t> ids_{0, 1, 2, 3};
};

double loss_of(const Spec& spec, const Info& info, const Batch& batch) {
  Same model;
  const auto terms = plugins().make<Objective>(spec, &info)->evaluate(model, batch, {});
  REQUIRE(terms.size() == 1);
  return terms[0].weight * terms[0].value.item<double>();
}

}  // namespace

TEST_CASE("cross_entropy is the mean -log softmax, smoothed towards the uniform distribution") {
  const auto logits = torch::tensor({1.0, 2.0, 0.5, 0.0, 0.0, 0.0}, torch::kDouble).view({2, 3});
  const Batch batch{logits, torch::tensor({1, 2}, torch::kInt64), {}, {}};
  const double z = std::log(std::exp(1) + std::exp(2) + std::exp(0.5));
  const double first = z - 2, second = std::log(3);
  CHECK(loss_of({"cross_entropy", {}}, kClasses, batch) == Approx((first + second) / 2));
  const double uniform =
      z - 3.5 / 3;  // cross-entropy of the first row with the uniform distribution
  CHECK(loss_of({"cross_entropy", {{"smoothing", 0.1}}}, kClasses, batch) ==
        Approx((0.9 * first + 0.1 * uniform + second) / 2));
}

TEST_CASE("squared_error is the mean over samples and targets") {
  const Batch batch{torch::tensor({1.0, 2.0, 3.0, 4.0}, torch::kDouble).view({2, 2}),
                    torch::tensor({1.0, 0.0, 0.0, 4.0}, torch::kDouble).view({2, 2}),
                    {},
                    {}};
  CHECK(loss_of({"squared_error", {}}, kReal, batch) == Approx((4.0 + 9.0) / 4));
}

TEST_CASE("an objective names the one that fits where the targets are of the other sort") {
  CHECK_THROWS_WITH(plugins().make<Objective>({"cross_entropy", {}}, &kReal),
                    Catch::Contains("use squared_error"));
  CHECK_THROWS_WITH(plugins().make<Objective>({"squared_error", {}}, &kClasses),
                    Catch::Contains("use cross_entropy"));
}

TEST_CASE("evaluate counts right answers by class and by group, whatever the batch") {
  for (const std::int64_t batch : {1, 3, 256}) {
    Parts parts;
    parts.model = std::make_shared<Same>();
    parts.dataset = std::make_shared<Table>();
    testing::Rows rows;
    const auto evaluate = plugins().make<Procedure>({"evaluate", {{"batch", batch}}}, &kClasses);
    CHECK(evaluate->units(parts) == (4 + batch - 1) / batch);
    for (std::int64_t unit = 0; unit < evaluate->units(parts); ++unit)
      evaluate->advance(unit, parts, {}, rows);
    const std::map<std::string, double> found(rows.rows.begin(), rows.rows.end());
    CHECK(found.at("test/accuracy") == 0.75);
    CHECK(found.at("test/accuracy/class/a") == 1);
    CHECK(found.at("test/accuracy/class/b") == 0.5);
    CHECK(found.at("test/accuracy/group/left") == 1);
    CHECK(found.at("test/accuracy/group/right") == 0.5);
    CHECK(found.at("test/worst_group") == 0.5);
    CHECK(found.at("test/gap") == 0.25);
    const double right = std::log(std::exp(5) + 2) - 5;
    CHECK(found.at("test/nll") == Approx(right + 5.0 / 4).epsilon(1e-5));
    const auto confusion = rows.artifacts.at("confusion").at("confusion");
    CHECK(confusion.equal(torch::tensor({1, 0, 0, 1, 1, 0, 0, 0, 1}, torch::kInt64).view({3, 3})));
  }
}

TEST_CASE("evaluate on a split that is not there says so") {
  Parts parts;
  parts.model = std::make_shared<Same>();
  parts.dataset = std::make_shared<Table>();
  CHECK_THROWS_WITH(
      plugins().make<Procedure>({"evaluate", {{"split", "validation"}}}, &kClasses)->units(parts),
      Catch::Contains("the set `validation` has no samples to evaluate on"));
}

TEST_CASE("evaluate measures other datasets by their names, and resumes between any two batches") {
  Parts parts;
  parts.model = std::make_shared<testing::TinyModel>(0);
  parts.dataset = std::make_shared<testing::TinyData>();
  Registry registry = plugins();
  registry.insert({.kind = "dataset", .name = "tiny", .doc = "A test's.", .make = [](const Build&) {
                     return std::static_pointer_cast<Dataset>(
                         std::make_shared<testing::TinyData>());
                   }});
  const auto with = [](const std::string& targets) {
    return Specs{
        {"set",
         {{"name", std::string("again")}, {"dataset", Spec{"tiny", {}}}, {"targets", targets}}}};
  };
  const auto sets = with("same");
  const auto make = [&](const Specs& which) {
    return registry.make<Procedure>({"evaluate", {{"batch", std::int64_t{7}}, {"sets", which}}},
                                    &parts.dataset->info());
  };
  const auto rows_from = [&](std::int64_t stop) {
    auto evaluate = make(sets);
    testing::Rows rows;
    const auto units = evaluate->units(parts);
    REQUIRE(units == 6);
    for (std::int64_t unit = 0; unit < units; ++unit) {
      if (unit == stop) {
        State state;
        evaluate->save(state);
        evaluate = make(sets);
        evaluate->load(state);
        State again;  // saved before anything is done, as by a stop at once
        evaluate->save(again);
        evaluate = make(sets);
        evaluate->load(again);
        evaluate->units(parts);
      }
      evaluate->advance(unit, parts, {}, rows);
    }
    return rows.rows;
  };
  const auto whole = rows_from(-1);
  const std::map<std::string, double> found(whole.begin(), whole.end());
  CHECK(found.at("again/accuracy") == found.at("test/accuracy"));
  CHECK(found.at("again/worst_group") == found.at("test/worst_group"));
  for (const std::int64_t stop : {0, 1, 3, 5}) CHECK(rows_from(stop) == whole);
  CHECK_THROWS_WITH(make({sets[0], sets[0]}), Catch::Contains("have the name `again`"));
  CHECK_NOTHROW(make(sets)->check(parts));
  CHECK_THROWS_WITH(
      make(with("by_name"))->check(parts),
      Catch::Contains("the set `again` may have other classes, since its dataset does"));
}

TEST_CASE("evaluate takes a set whose classes have the same names, and no other") {
  Parts parts;
  parts.model = std::make_shared<Same>();
  parts.dataset = std::make_shared<Table>();
  Registry registry = plugins();
  std::shared_ptr<Table> other = std::make_shared<Table>();
  registry.insert(
      {.kind = "dataset", .name = "other", .doc = "A test's.", .make = [&](const Build&) {
         return std::static_pointer_cast<Dataset>(other);
       }});
  const auto check = [&](const std::string& targets) {
    const Specs sets{
        {"set",
         {{"name", std::string("s")}, {"dataset", Spec{"other", {}}}, {"targets", targets}}}};
    registry.make<Procedure>({"evaluate", {{"sets", sets}}}, &kClasses)->check(parts);
  };
  for (const auto* targets : {"by_name", "same", "none"}) CHECK_NOTHROW(check(targets));
  other = std::make_shared<Table>(Info{{3}, 3, 1, {"a", "c", "b"}, {"left", "right"}});
  for (const auto* targets : {"by_name", "same"})
    CHECK_THROWS_WITH(check(targets), Catch::Contains("the set `s` has other classes"));
  CHECK_NOTHROW(check("none"));
}
