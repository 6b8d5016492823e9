// Objectives and evaluate against numbers worked out by hand.
#include <catch2/catch.hpp>

#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "assay/sdk/training.h"
#include "tests/support/plugin_host.h"
#include "tests/support/tiny.h"

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
  const Info& info() const override { return kClasses; }
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
    plugins()
        .make<Procedure>({"evaluate", {{"batch", batch}}}, &kClasses)
        ->advance(0, parts, {}, rows);
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
  testing::Rows rows;
  CHECK_THROWS_WITH(plugins()
                        .make<Procedure>({"evaluate", {{"split", "validation"}}}, &kClasses)
                        ->advance(0, parts, {}, rows),
                    Catch::Contains("has no validation split"));
}
