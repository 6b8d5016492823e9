// Selections that tests/python/golden_selection.py computes in NumPy: moderate coresets and
// GLISTER, as their papers have them and as published code does.
#include "tests/plugins/selection/golden_matrix.h"
#include "tests/plugins/selection/pool.h"

using namespace selection;
using namespace selection::testing;

namespace {

Pool pool_of(const nlohmann::json& json) {
  const auto labels = [&](const char* name) {
    return torch::tensor(json.at(name).get<Places>(), torch::kInt64);
  };
  Pool pool;
  pool.label = labels("label");
  pool.size = pool.label.numel();
  pool.classes = 3;
  pool.features = matrix(json.at("features"));
  pool.logits = matrix(json.at("logits"));
  pool.validation = {labels("val_label"), matrix(json.at("val_features")),
                     matrix(json.at("val_logits"))};
  return pool;
}

}  // namespace

TEST_CASE("moderate and glister select what NumPy selects, for each of their options") {
  const auto& all = assay::testing::golden("selection", "selection").at("selections");
  const auto from = pool_of(all.at("pool"));
  REQUIRE(all.at("cases").size() == 14);
  std::set<Places> different;
  for (const auto& one : all.at("cases")) {
    INFO(one.at("use") << " " << one.at("params") << " " << one.at("n"));
    const auto selector = made(one.at("use"), assay::testing::values_of(one.at("params")));
    auto places = chosen(*selector, from, one.at("n"));
    if (one.at("use") == "moderate") std::sort(places.begin(), places.end());
    CHECK(places == one.at("places").get<Places>());
    different.insert(places);
  }
  CHECK(different.size() == 13);  // the options matter: only all 43 samples are alike
}

TEST_CASE("glister per class refuses a class without a validation sample") {
  auto from = pool();
  from.validation = {torch::tensor({0, 1}, torch::kInt64), from.features.narrow(0, 0, 2),
                     from.logits.narrow(0, 0, 2)};
  const auto selector = made("glister", {{"per_class", true}});
  CHECK_THROWS_WITH(chosen(*selector, from, 30), Catch::Contains("class 2 has none"));
}

TEST_CASE("glister per class goes on after a resume within a class") {
  auto from = pool(900, 8);
  from.validation = {from.label, from.features, from.logits};
  const assay::Context context{torch::kCPU, assay::Rng(1)};
  const auto first = made("glister", {{"per_class", true}});
  const auto second = made("glister", {{"per_class", true}});
  CHECK_FALSE(first->step(0, from, 450, context));  // all 150 of class 0, and 50 of class 1
  assay::State state;
  first->save(state);
  second->load(state);
  CHECK(chosen(*second, from, 450) == chosen(*made("glister", {{"per_class", true}}), from, 450));
}
