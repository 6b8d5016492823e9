// error_set: which ids are repeated, and that a training on them sees them that often.
#include <catch2/catch.hpp>

#include "runner/conformance/tiny.h"
#include "tests/support/table.h"

using namespace assay;
using namespace assay::testing;

namespace {

// 40 samples, of which the training split has every other one; the model says class 1 to all.
// Wrong are those of class 0: ids 0, 12, 24, 36, of groups left, right, left, right, and 18, left.
struct Bench {
  Parts parts;
  std::shared_ptr<Layer> model = std::make_shared<Layer>(1, 2);
  Rows rows;

  explicit Bench(const Info& info = two_groups(2)) {
    Table::Ids y(40, 1), group(40, 0), train;
    for (const std::size_t id : {0, 12, 18, 24, 36}) y[id] = 0;
    for (const std::size_t id : {12, 36, 38}) group[id] = 1;
    for (std::int64_t id = 0; id < 40; id += 2) train.push_back(id);
    const torch::NoGradGuard no_grad;
    model->bias[1] = 1;
    parts.model = model;
    parts.dataset = std::make_shared<Table>(torch::zeros({40, 1}, torch::kDouble), y, group, info,
                                            std::array<Table::Ids, 3>{train, {}, {}});
  }

  // With `resumed`, every unit is done by a procedure of its own.
  Table::Ids go(Values params, bool resumed = false) {
    const auto make = [&] {
      return plugins().make<Procedure>({"error_set", params}, &parts.dataset->info());
    };
    auto procedure = make();
    const auto units = procedure->units(parts);
    for (std::int64_t unit = 0; unit < units; ++unit) {
      procedure->advance(unit, parts, {}, rows);
      State state;
      procedure->save(state);
      if (resumed) (procedure = make())->load(state);
    }
    const auto ids = rows.artifacts.at("ids").at("ids");
    CHECK(ids.scalar_type() == torch::kInt64);
    const auto* first = ids.const_data_ptr<std::int64_t>();
    return {first, first + ids.numel()};
  }
  double row(const std::string& name) const {
    for (const auto& [found, value] : rows.rows)
      if (found == name) return value;
    FAIL("no row " << name);
    return 0;
  }
};

const Values kThrice{{"upweight", std::int64_t{3}}};

}  // namespace

TEST_CASE("the ids are the training split's, the misclassified ones that many times") {
  Table::Ids expected;
  for (std::int64_t id = 0; id < 40; id += 2)
    expected.insert(expected.end(), id % 12 == 0 || id == 18 ? 3 : 1, id);
  for (const bool resumed : {false, true})
    for (const std::int64_t batch : {1, 7, 256}) {
      Bench bench;
      CHECK(bench.go({{"upweight", std::int64_t{3}}, {"batch", batch}}, resumed) == expected);
      CHECK(bench.row("error_set/errors") == 5);
      CHECK(bench.row("error_set/size") == 30);
      CHECK(bench.row("error_set/share/left") == Approx(3.0 / 5));
      CHECK(bench.row("error_set/share/right") == Approx(2.0 / 5));
      CHECK_FALSE(bench.model->seen_in_training);
      CHECK(bench.model->is_training());
    }
}

TEST_CASE("a training on these ids draws them as often, with their groups") {
  Bench bench;
  const auto ids = bench.go(kThrice);
  const auto cut = subset(bench.parts.dataset, ids);
  CHECK(cut->info().group_sizes == Table::Ids{19 + 2 * 3 - 2, 3 + 2 * 2});
  CHECK(cut->groups(Split::kTrain).size() == 30);
  Batches batches(cut->ids(Split::kTrain), 8, Rng(1));
  Table::Ids drawn;
  for (std::int64_t k = 0; k < batches.per_epoch(); ++k) {
    const auto of_batch = batches.at(k).ids;
    const auto batch = cut->load(of_batch, {});
    CHECK(batch.size() == static_cast<std::int64_t>(of_batch.size()));
    drawn.insert(drawn.end(), of_batch.begin(), of_batch.end());
  }
  std::sort(drawn.begin(), drawn.end());
  CHECK(drawn == ids);
}

TEST_CASE("without errors and without groups there is less to say, and the ids are all") {
  Bench perfect;
  const torch::NoGradGuard no_grad;
  perfect.parts.dataset = subset(perfect.parts.dataset, {2, 4, 38});  // samples of class 1 alone
  CHECK(perfect.go(kThrice) == Table::Ids{2, 4, 38});
  CHECK(perfect.row("error_set/errors") == 0);
  CHECK(perfect.rows.rows.size() == 2);
  auto none = two_groups(2);
  none.groups.clear();
  Bench alone(none);
  CHECK(alone.go(kThrice).size() == 30);
  CHECK(alone.rows.rows.size() == 2);
}

TEST_CASE("error_set refuses a regression") {
  const auto info = two_groups(0);
  CHECK_THROWS_WITH(plugins().make<Procedure>({"error_set", {}}, &info),
                    Catch::Contains("has no classes"));
}
