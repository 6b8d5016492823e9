// Scores of a model that may refuse, against counts by hand.
#include <catch2/catch.hpp>

#include "tests/support/tiny.h"

using namespace assay;
using assay::testing::Rows;

namespace {

// Samples 0..9: targets 0 0 0 0 0 0 1 1 1 2.
class Ten final : public Dataset {
 public:
  Ten() {
    info_.input_shape = {1};
    info_.classes = 4;  // the last one never occurs
    for (std::int64_t k = 0; k < 10; ++k) ids_.push_back(k);
  }
  const Info& info() const override { return info_; }
  std::span<const std::int64_t> ids(Split split) const override {
    if (split == Split::kTest) return ids_;
    return {};
  }
  Batch load(std::span<const std::int64_t> ids, const Context&) const override {
    const auto id = torch::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()), torch::kInt64);
    const auto all = torch::tensor({0, 0, 0, 0, 0, 0, 1, 1, 1, 2}, torch::kInt64);
    return {id.to(torch::kFloat).unsqueeze(1), all.index_select(0, id), id, at::zeros_like(id)};
  }

 private:
  Info info_;
  std::vector<std::int64_t> ids_;
};

// Answers by sample: 0 0 0 0 1 (0) 1 1 (2) 0, those in brackets refused.
class Answers final : public Model {
 public:
  explicit Answers(bool refuses) : refuses_(refuses) {}
  Output forward(const Batch& batch) override {
    const auto id = batch.input.squeeze(1).to(torch::kInt64);
    const auto answer =
        torch::tensor({0, 0, 0, 0, 1, 0, 1, 1, 2, 0}, torch::kInt64).index_select(0, id);
    auto logits = at::zeros({id.size(0), 4}).scatter_(1, answer.unsqueeze(1), 1.0);
    if (!refuses_) return {logits, {}};
    return {logits, {}, id.eq(5).logical_or(id.eq(8))};
  }

 private:
  bool refuses_;
};

std::map<std::string, double> rows_of(bool refuses, std::int64_t batch) {
  Answers model(refuses);
  Rows results;
  const Ten data;
  report(results, Split::kTest, data.info(), evaluate(model, data, Split::kTest, batch, Context{}),
         true);
  return {results.rows.begin(), results.rows.end()};
}

}  // namespace

TEST_CASE("balanced accuracy and macro F1 are means over the classes that occur") {
  const auto rows = rows_of(false, 4);
  CHECK(rows.at("test/accuracy") == Approx(0.7));
  CHECK(rows.at("test/accuracy/class/0") == Approx(5.0 / 6));
  CHECK(rows.at("test/balanced_accuracy") == Approx((5.0 / 6 + 2.0 / 3 + 0) / 3));
  // F1: class 0 has 5 right of 6, answered 6 times; class 1: 2 of 3, 3 times; class 2: 0 of 1,
  // once.
  CHECK(rows.at("test/macro_f1") == Approx((10.0 / 12 + 4.0 / 6 + 0) / 3));
  CHECK_FALSE(rows.contains("test/accuracy/class/3"));
  CHECK_FALSE(rows.contains("test/coverage"));
}

TEST_CASE("a refused sample is no right one, and stands in the coverage") {
  for (const std::int64_t batch : {3, 10}) {
    const auto rows = rows_of(true, batch);
    CHECK(rows.at("test/accuracy") == Approx(0.6));
    CHECK(rows.at("test/coverage") == Approx(0.8));
    CHECK(rows.at("test/selective_accuracy") == Approx(6.0 / 8));
    CHECK(rows.at("test/accuracy/class/0") == Approx(4.0 / 6));
    CHECK(rows.at("test/balanced_accuracy") == Approx((4.0 / 6 + 2.0 / 3) / 3));
  }
}
