// label_noise: how many labels are wrong, which ones, and which never are.
#include <catch2/catch.hpp>

#include "assay/sdk/training.h"
#include "tests/support/plain.h"

using namespace assay;
using namespace assay::testing;

namespace {

std::shared_ptr<Dataset> noisy(const Registry& registry, double rate, std::int64_t seed = 0) {
  return registry.make<Dataset>(
      {"label_noise", {{"dataset", Spec{"plain", {}}}, {"rate", rate}, {"noise_seed", seed}}});
}

torch::Tensor wrong(const Batch& batch, std::int64_t classes = 10) {
  return batch.target != batch.id % classes;
}

}  // namespace

TEST_CASE("training labels are wrong at the rate, by any other class alike often") {
  const auto registry = with_plain();
  for (const double rate : {0.0, 0.3, 1.0}) {
    const auto data = noisy(registry, rate);
    const auto batch = load_all(*data, Split::kTrain);
    CHECK(is_likely(share(wrong(batch)), rate, 20000));
    for (int step = 1; rate > 0 && step < 10; ++step)
      CHECK(is_likely(share((batch.target - batch.id).remainder(10) == step), rate / 9, 20000));
  }
}

TEST_CASE("two classes are exchanged") {
  const auto data = noisy(with_plain({.classes = 2}), 0.4);
  const auto batch = load_all(*data, Split::kTrain);
  CHECK(is_likely(share(wrong(batch, 2)), 0.4, 20000));
  CHECK(batch.target.max().item<std::int64_t>() == 1);
}

TEST_CASE("validation, test and all that is not a label are the dataset's own") {
  const auto registry = with_plain();
  const auto data = noisy(registry, 1);
  const auto plain = registry.make<Dataset>({"plain", {}});
  for (const auto split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    const auto batch = load_all(*data, split), own = load_all(*plain, split);
    CHECK(batch.input.equal(own.input));
    CHECK(batch.id.equal(own.id));
    CHECK(batch.target.equal(own.target) == (split != Split::kTrain));
  }
  CHECK(data->info().class_names == plain->info().class_names);
  CHECK(data->info().group_sizes == std::vector<std::int64_t>{20000});
}

TEST_CASE("the noise is a function of seed and id alone") {
  const auto registry = with_plain();
  const auto once = noisy(registry, 0.3), again = noisy(registry, 0.3),
             other = noisy(registry, 0.3, 1), more = noisy(registry, 0.5);
  const auto all = load_all(*once, Split::kTrain);
  CHECK(all.target.equal(load_all(*again, Split::kTrain).target));
  CHECK_FALSE(all.target.equal(load_all(*other, Split::kTrain).target));
  const auto greater = load_all(*more, Split::kTrain);
  CHECK(greater.target.masked_select(wrong(all)).equal(all.target.masked_select(wrong(all))));
  // In another order, in a smaller training split, and with a stream of its own.
  const std::vector<std::int64_t> ids{700, 3, 41, 3};
  const auto few = once->load(ids, {torch::kCPU, Rng(9)});
  CHECK(few.target.equal(all.target.index_select(0, torch::tensor(ids))));
  const auto cut = subset(once, {3, 41, 700});
  CHECK(load_all(*cut, Split::kTrain)
            .target.equal(all.target.index_select(0, torch::tensor({3, 41, 700}))));
}

TEST_CASE("label noise without classes, or without a dataset, is told what is missing") {
  CHECK_THROWS_WITH(plugins().make<Dataset>({"label_noise", {}}),
                    Catch::Contains("`dataset` is missing"));
  CHECK_THROWS_WITH(noisy(with_plain({.classes = 0}), 0.1),
                    Catch::Contains("has fewer than two classes"));
}
