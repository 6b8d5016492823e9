// class_subset: which samples are left, and as what.
#include <catch2/catch.hpp>

#include "assay/sdk/training.h"
#include "runner/conformance/tiny.h"
#include "tests/support/plain.h"

using namespace assay;
using namespace assay::testing;

namespace {

std::shared_ptr<Dataset> taken(const Registry& registry, Integers classes) {
  return registry.make<Dataset>(
      {"class_subset", {{"dataset", Spec{"plain", {}}}, {"classes", std::move(classes)}}});
}

}  // namespace

TEST_CASE("the samples of the classes are left, with their own ids and the classes' new numbers") {
  const auto registry = with_plain();
  const auto data = taken(registry, {7, 2, 5});
  const auto whole = registry.make<Dataset>({"plain", {}});
  CHECK(data->info().classes == 3);
  CHECK(data->info().class_names == Strings{"c7", "c2", "c5"});
  CHECK(data->info().group_sizes == std::vector<std::int64_t>{6000});
  for (const auto split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    const auto batch = load_all(*data, split), all = load_all(*whole, split);
    const auto of = all.target.eq(7).logical_or(all.target.eq(2)).logical_or(all.target.eq(5));
    const auto rows = of.nonzero().squeeze(1);
    CHECK(batch.id.equal(all.id.index_select(0, rows)));
    CHECK(batch.input.equal(all.input.index_select(0, rows)));
    const auto number = torch::tensor({-1, -1, 1, -1, -1, 2, -1, 0, -1, -1}, torch::kInt64);
    CHECK(batch.target.equal(number.index_select(0, all.target.index_select(0, rows))));
  }
}

TEST_CASE("groups go with their samples") {
  Registry registry = plugins();
  Entry entry{.kind = "dataset", .name = "tiny", .doc = "A test's."};
  entry.make = [](const Build&) {
    return std::static_pointer_cast<Dataset>(std::make_shared<TinyData>());
  };
  registry.insert(std::move(entry));
  const auto data = registry.make<Dataset>(
      {"class_subset", {{"dataset", Spec{"tiny", {}}}, {"classes", Integers{0, 2}}}});
  const auto batch = load_all(*data, Split::kTrain);
  const auto groups = data->groups(Split::kTrain);
  CHECK(batch.size() == 40);
  CHECK(torch::tensor(std::vector<std::int64_t>(groups.begin(), groups.end())).equal(batch.group));
  const auto sizes = batch.group.bincount({}, 2);
  CHECK(data->info().group_sizes ==
        std::vector<std::int64_t>{sizes[0].item<std::int64_t>(), sizes[1].item<std::int64_t>()});
}

TEST_CASE("classes that cannot be taken are refused") {
  const auto registry = with_plain();
  const auto refused = [&](const Integers& classes, const std::string& said) {
    CHECK_THROWS_WITH(taken(registry, classes), Catch::Contains(said));
  };
  refused({3, 10}, "`classes` names 10, but the dataset has classes 0 to 9");
  refused({3, 3}, "`classes` names 3 twice");
  refused({3}, "must list at least two classes");
  CHECK_THROWS_WITH(taken(with_plain({.classes = 0}), {0, 1}),
                    Catch::Contains("real targets instead of classes"));
  CHECK_THROWS_WITH(plugins().make<Dataset>({"class_subset", {{"classes", Integers{0, 1}}}}),
                    Catch::Contains("`dataset` is missing"));
}
