// dfr: last layers against scikit-learn's, and what balancing and the choice of c come to.
#include <catch2/catch.hpp>

#include "runner/conformance/tiny.h"
#include "tests/support/golden.h"
#include "tests/support/table.h"

using namespace assay;
using namespace assay::testing;

namespace {

struct Bench {
  Parts parts;
  std::shared_ptr<Layer> model;
  Rows rows;

  Bench(const torch::Tensor& x, const Table::Ids& y, const Table::Ids& group, std::int64_t classes,
        std::int64_t groups) {
    Info info{{x.size(1)}, classes, 1, {}, {}, {}};
    info.input_type = x.scalar_type();
    for (std::int64_t g = 0; g < groups; ++g) info.groups.push_back(std::to_string(g));
    const auto all = range(0, x.size(0));
    parts.dataset =
        std::make_shared<Table>(x, y, group, info, std::array<Table::Ids, 3>{all, all, all});
    parts.model = model = std::make_shared<Layer>(x.size(1), classes);
  }

  // With `resumed`, every unit is done by a procedure of its own.
  void go(Values params, bool resumed = false) {
    const auto make = [&] {
      return plugins().make<Procedure>({"dfr", params}, &parts.dataset->info());
    };
    auto procedure = make();
    const auto units = procedure->units(parts);
    for (std::int64_t unit = 0; unit < units; ++unit) {
      procedure->advance(unit, parts, {torch::kCPU, Rng(3)}, rows);
      State state;
      procedure->save(state);
      if (resumed) (procedure = make())->load(state);
    }
  }
  double row(const std::string& name) const {
    for (const auto& [found, value] : rows.rows)
      if (found == name) return value;
    FAIL("no row " << name);
    return 0;
  }
};

class Headless final : public Model {
 public:
  Output forward(const Batch& batch) override { return {batch.input, batch.input}; }
};

// 120 samples of class 0 and 120 of class 1. The first input follows the class, noisily; the second
// follows it without noise in all samples but those of the small groups 1 and 2, where it is wrong.
Bench spurious(std::int64_t small = 12) {
  Table::Ids y, group;
  std::vector<double> x;
  const Rng rng(8);
  for (std::int64_t k = 0; k < 240; ++k) {
    const bool one = k % 2 == 1, odd = k / 2 < small;
    y.push_back(one);
    group.push_back(2 * one + (one != odd));
    const double noise = rng.uniform(static_cast<std::uint64_t>(k)) - 0.5;
    x.push_back((one ? 0.4 : -0.4) + 1.4 * noise);
    x.push_back(one != odd ? 1 : -1);
  }
  return Bench(torch::tensor(x, torch::kDouble).view({240, 2}), y, group, 2, 4);
}

}  // namespace

TEST_CASE("the last layer is scikit-learn's, with the standardization folded into it") {
  for (const auto& layer : golden("groups", "dfr")) {
    const std::int64_t classes = layer.at("classes");
    std::vector<double> x, weight;
    for (const auto& line : layer.at("x")) x.insert(x.end(), line.begin(), line.end());
    for (const auto& line : layer.at("weight"))
      weight.insert(weight.end(), line.begin(), line.end());
    const Table::Ids y = layer.at("y"), group = layer.at("group");
    const std::vector<double> bias = layer.at("bias");
    Bench bench(torch::tensor(x, torch::kDouble).view({-1, 5}), y, group, classes, 2 * classes);
    bench.go({{"c", Reals{layer.at("c").get<double>()}}, {"refits", std::int64_t{3}}});
    INFO(layer.at("c") << " " << bench.model->weight << bench.model->bias);
    CHECK(
        close(bench.model->weight, torch::tensor(weight, torch::kDouble).view({classes, 5}), 1e-5));
    CHECK(close(bench.model->bias, torch::tensor(bias, torch::kDouble), 1e-5));
    CHECK(bench.row("dfr/c") == layer.at("c").get<double>());
  }
}

TEST_CASE("groups weigh alike, so the last layer does not lean on what fails in the small ones") {
  auto bench = spurious();
  bench.go({});
  const auto weight = bench.model->weight;
  CHECK(std::abs(number(weight[1][1])) < number(weight[1][0]) / 6);
  CHECK(bench.row("validation/worst_group") > 0.6);
  CHECK(bench.row("test/worst_group") == bench.row("validation/worst_group"));
  CHECK_FALSE(bench.model->seen_in_training);
  // The same samples in groups of one class each: the second input is trusted blindly.
  auto blind = spurious();
  Table::Ids y, by_class;
  const auto all = blind.parts.dataset->load(range(0, 240), {});
  for (std::int64_t k = 0; k < 240; ++k) by_class.push_back(all.target[k].item<std::int64_t>());
  Bench trusting(all.input, by_class, by_class, 2, 2);
  trusting.go({});
  CHECK(number(trusting.model->weight[1][1]) > number(trusting.model->weight[1][0]) / 3);
}

TEST_CASE("features that say nothing leave the classes even, though the groups are not") {
  Table::Ids y(100, 0);
  for (std::size_t k = 0; k < 10; ++k) y[k] = 1;
  Bench bench(torch::full({100, 2}, 0.5, torch::kDouble), y, y, 2, 2);
  bench.go({});
  CHECK(bench.model->weight.abs().max().item<double>() == 0);
  CHECK(bench.model->bias.abs().max().item<double>() < 1e-9);
  CHECK(bench.row("dfr/zeros") == 1);
}

TEST_CASE("c is the one whose worst group does best on the other half") {
  for (const Reals& list : {Reals{1e-6, 0.3}, Reals{0.3, 1e-6}}) {
    auto bench = spurious();
    bench.go({{"c", list}});  // 1e-6 leaves every weight at 0
    CHECK(bench.row("dfr/c") == 0.3);
  }
  auto first = spurious();
  first.go({{"c", Reals{1e-6, 1e-7}}});  // alike bad: the first one
  CHECK(first.row("dfr/c") == 1e-6);
}

TEST_CASE("dfr resumes bit for bit, whatever else has drawn from rand()") {
  auto whole = spurious(), resumed = spurious();
  std::srand(1);
  whole.go({});
  std::srand(2);
  resumed.go({}, true);
  CHECK(whole.model->weight.equal(resumed.model->weight));
  CHECK(whole.model->bias.equal(resumed.model->bias));
  CHECK(whole.rows.rows == resumed.rows.rows);
}

TEST_CASE("the last layer can be trained on the training split, and on groups that are absent") {
  auto bench = spurious();
  bench.parts.dataset = subset(bench.parts.dataset, range(24, 240));  // no sample of groups 1 and 2
  bench.go({{"split", "train"}});
  CHECK(number(bench.model->weight[1][1]) > number(bench.model->weight[1][0]));
}

TEST_CASE("dfr says what it cannot do without") {
  using Catch::Contains;
  auto none = two_groups();
  none.groups.clear();
  CHECK_THROWS_WITH(plugins().make<Procedure>({"dfr", {}}, &none),
                    Contains("use one with two or more groups"));
  const auto info = two_groups();
  CHECK_THROWS_WITH(plugins().make<Procedure>({"dfr", {{"c", Reals{}}}}, &info),
                    Contains("`c` is empty"));
  Bench alone(torch::ones({2, 2}, torch::kDouble), {0, 1}, {0, 1}, 2, 2);
  CHECK_THROWS_WITH(alone.go({}), Contains("no group has two samples of a class"));
  alone.parts.model = std::make_shared<Same>();
  CHECK_THROWS_WITH(alone.go({}), Contains("returns no features"));
  alone.parts.model = std::make_shared<Headless>();
  CHECK_THROWS_WITH(alone.go({}), Contains("lacks the ability LinearHead"));
}
