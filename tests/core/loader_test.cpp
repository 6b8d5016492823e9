// The order of samples, loading ahead, and the weights of groups.
#include <catch2/catch.hpp>

#include <atomic>
#include <set>

#include "runner/conformance/tiny.h"

using namespace assay;
using assay::testing::TinyData;
using assay::testing::TinyModel;

namespace {

struct Fixture {
  TinyData data;
  Context context{torch::kCPU, Rng(3), nullptr};
};

}  // namespace

TEST_CASE("batches are a permutation each epoch, and need no history") {
  const Fixture f;
  Batches forward(f.data.ids(Split::kTrain), 7, Rng(1)), jump(f.data.ids(Split::kTrain), 7, Rng(1));
  REQUIRE(forward.per_epoch() == 9);
  std::vector<std::int64_t> seen;
  for (std::int64_t k = 0; k < 9; ++k)
    for (const auto id : forward.at(k).ids) seen.push_back(id);
  CHECK(jump.at(12).ids == forward.at(12).ids);
  CHECK(jump.at(3).ids != jump.at(12).ids);
  CHECK(jump.at(8).occurrences == std::vector<std::int64_t>(4, 0));
  CHECK(jump.at(12).occurrences == std::vector<std::int64_t>(7, 1));
  std::sort(seen.begin(), seen.end());
  CHECK(std::equal(seen.begin(), seen.end(), f.data.ids(Split::kTrain).begin()));
}

TEST_CASE("a loader that runs ahead gives what one that does not gives") {
  const auto data = std::make_shared<TinyData>();
  const Context context{torch::kCPU, Rng(1), nullptr};
  const Batches order(data->ids(Split::kTrain), 7, Rng(1));
  Loader plain(data, order, context, {}), ahead(data, order, context, {.ahead = 3});
  for (const std::int64_t k : {0, 1, 2, 3, 9, 10, 4, 5}) {
    const auto a = plain.at(k), b = ahead.at(k);
    CHECK(a.id.equal(b.id));
    CHECK(a.input.equal(b.input));
  }
}

TEST_CASE("what fails to load is thrown where it is asked for, and can be asked for again") {
  class Once final : public Dataset {  // the first load of sample 3 fails
   public:
    const Info& info() const override { return data_.info(); }
    std::span<const std::int64_t> ids(Split split) const override { return data_.ids(split); }
    Batch load(std::span<const std::int64_t> ids, const Context& context) const override {
      if (std::find(ids.begin(), ids.end(), 3) != ids.end() && !failed_.exchange(true))
        throw Error(ErrorKind::kData, "sample 3 cannot be read");
      return data_.load(ids, context);
    }

   private:
    TinyData data_;
    mutable std::atomic<bool> failed_ = false;
  };
  for (const std::int64_t threads : {1, 4}) {
    const auto data = std::make_shared<Once>();
    const Batches order(data->ids(Split::kTrain), 7, Rng(1));
    Loader loader(data, order, Context{}, {.ahead = 4, .threads = threads});
    int thrown = 0;
    for (std::int64_t k = 0; k < 9; ++k) try {
        loader.at(k);
      } catch (const Error&) {
        ++thrown;
        CHECK(loader.at(k).size() == (k == 8 ? 4 : 7));
      }
    CHECK(thrown == 1);
  }
}

TEST_CASE("samples are drawn in proportion to their weights, the same ones again") {
  const Fixture f;
  const auto ids = f.data.ids(Split::kTrain);
  std::vector<double> weights(60, 1);
  weights[4] = 30;
  weights[7] = 0;
  Batches order(ids, 60, Rng(2), weights), again(ids, 60, Rng(2), weights);
  std::map<std::int64_t, int> seen;
  std::set<std::pair<std::int64_t, std::int64_t>> draws;
  for (std::int64_t epoch = 0; epoch < 50; ++epoch) {
    const auto batch = order.at(epoch);
    REQUIRE(batch.ids.size() == 60);
    for (std::size_t k = 0; k < 60; ++k) {
      ++seen[batch.ids[k]];
      CHECK(draws.insert({batch.ids[k], batch.occurrences[k]}).second);
    }
    if (epoch == 31) CHECK(batch.ids == again.at(31).ids);
    if (epoch == 31) CHECK(batch.occurrences == again.at(31).occurrences);
  }
  CHECK(seen.count(7) == 0);
  CHECK(seen[4] == Approx(3000 * 30.0 / 88).margin(150));  // 5.7 deviations
  CHECK_THROWS_AS(Batches(ids, 60, Rng(2), {1, 2}), Error);
}

TEST_CASE("group weights are powers of the inverse share") {
  class Three final : public Dataset {
   public:
    Three() { info_.groups = {"a", "b"}; }
    const Info& info() const override { return info_; }
    std::span<const std::int64_t> ids(Split) const override { return ids_; }
    std::span<const std::int64_t> groups(Split) const override { return groups_; }
    Batch load(std::span<const std::int64_t>, const Context&) const override { return {}; }

   private:
    Info info_;
    std::vector<std::int64_t> ids_{0, 1, 2}, groups_{0, 1, 0};
  };
  const Three data;
  CHECK(group_weights(data, 1) == std::vector<double>{1.5, 3, 1.5});
  CHECK(group_weights(data, 2) == std::vector<double>{2.25, 9, 2.25});
  CHECK(group_sizes(3, data.groups(Split::kTrain), 2) == std::vector<std::int64_t>{2, 1});
  CHECK(group_sizes(3, {}, 0) == std::vector<std::int64_t>{3});
}

TEST_CASE("a selection tells its own groups' sizes, and those of the whole split") {
  const auto whole = std::make_shared<testing::TinyData>();
  const auto few = subset(whole, {0, 1, 1, 1, 2}), fewer = subset(few, {1, 2});
  CHECK(few->info().group_sizes == std::vector<std::int64_t>{4, 1});
  CHECK(few->info().whole_group_sizes == whole->info().group_sizes);
  CHECK(fewer->info().group_sizes == std::vector<std::int64_t>{1, 1});
  CHECK(fewer->info().whole_group_sizes == whole->info().group_sizes);
}
