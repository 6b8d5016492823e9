// The loader's thread against its caller: built with the thread sanitizer, which sees our code and
// not LibTorch's.
#include <atomic>

#include "runner/conformance/tiny.h"

#include <catch2/catch.hpp>  // after LibTorch, which has a CHECK of its own

using namespace assay;
using assay::testing::TinyData;

namespace {

/// Throws at one of its batches, and counts how often it was asked.
class Failing final : public Dataset {
 public:
  const Info& info() const override { return data_.info(); }
  std::span<const std::int64_t> ids(Split s) const override { return data_.ids(s); }
  std::span<const std::int64_t> groups(Split s) const override { return data_.groups(s); }
  Batch load(std::span<const std::int64_t> ids, const Context& context) const override {
    if (++asked == 5) throw Error(ErrorKind::kData, "the fifth");
    return data_.load(ids, context);
  }
  mutable std::atomic<int> asked = 0;

 private:
  TinyData data_;
};

Loader loader_of(std::shared_ptr<const Dataset> data, std::int64_t ahead,
                 std::int64_t threads = 1) {
  Batches batches(data->ids(Split::kTrain), 7, Rng(1));
  return Loader(std::move(data), batches, Context{torch::kCPU, Rng(3), nullptr},
                {.ahead = ahead, .threads = threads});
}

}  // namespace

TEST_CASE("batches asked for in any order are those of a loader that does not run ahead") {
  const auto data = std::make_shared<TinyData>();
  auto ahead = loader_of(data, 3), plain = loader_of(data, 0), many = loader_of(data, 5, 4);
  for (std::int64_t k = 0; k < 300; ++k) {
    const std::int64_t index = k % 7 == 0 ? (k * 31) % 50 : k % 60;
    const auto expected = plain.at(index);
    for (auto* loader : {&ahead, &many}) {
      const auto found = loader->at(index);
      CHECK(torch::equal(found.input, expected.input));
      CHECK(torch::equal(found.occurrence, expected.occurrence));
    }
  }
}

TEST_CASE("a loader is left while it loads") {
  const auto data = std::make_shared<TinyData>();
  for (int k = 0; k < 100; ++k) {
    auto loader = loader_of(data, 4, 1 + k % 3);
    if (k % 2 == 0) loader.at(k);
  }
}

TEST_CASE("what a dataset throws in the thread reaches the caller, once") {
  auto loader = loader_of(std::make_shared<Failing>(), 2);
  int thrown = 0;
  for (std::int64_t k = 0; k < 20; ++k) try {
      loader.at(k);
    } catch (const Error&) {
      ++thrown;
    }
  CHECK(thrown >= 1);
}
