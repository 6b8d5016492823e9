// Transforms: their draws apart, what they do with given draws, and who sees them.
#include <catch2/catch.hpp>

#include <ATen/ops/arange.h>
#include <ATen/ops/constant_pad_nd.h>

#include "tests/support/net.h"
#include "tests/support/tiny_trial.h"

using namespace assay;
using namespace assay::testing;

namespace {

Info gray(std::int64_t height, std::int64_t width) {
  Info info;
  info.input_shape = {1, height, width};
  info.classes = 3;
  info.pixel_mean = {0.5};
  info.pixel_deviation = {0.25};
  return info;
}

std::shared_ptr<Transform> make_transform(const std::string& use, Values params, const Info& info) {
  return plugins().make<Transform>({use, std::move(params)}, &info);
}

Batch images(std::int64_t count, std::int64_t height, std::int64_t width) {
  const auto all = at::arange(count * height * width, torch::kFloat);
  return {.input = (all / static_cast<double>(all.numel()) - 0.5).view({count, 1, height, width}),
          .id = at::arange(count, torch::kInt64)};
}

torch::Tensor numbers(std::initializer_list<double> values) {
  return torch::tensor(std::vector<double>(values), torch::kDouble).view({1, -1});
}

}  // namespace

TEST_CASE("transforms of images refuse a table, and images whose normalization is not known") {
  const TinyTable table;
  auto unknown = gray(4, 4);
  unknown.pixel_mean.clear();
  for (const std::string use : {"random_crop", "flip", "erase", "noise", "resized_crop",
                                "color_jitter", "grayscale", "blur", "affine", "fourier"}) {
    INFO(use);
    CHECK_THROWS_WITH(make_transform(use, {}, table.info()),
                      Catch::Contains("the samples of the dataset have 1 dimension"));
    CHECK_THROWS_WITH(make_transform(use, {}, unknown),
                      Catch::Contains("does not tell how its images are normalized"));
  }
}

TEST_CASE("random_crop is a window of the image padded with black") {
  const auto info = gray(5, 6);
  const auto crop = make_transform("random_crop", {{"padding", std::int64_t{2}}}, info);
  const auto batch = images(1, 5, 6);
  const auto padded = at::constant_pad_nd(batch.input, {2, 2, 2, 2}, -2);  // black is -0.5 / 0.25
  for (std::int64_t row = 0; row < 5; ++row)
    for (std::int64_t column = 0; column < 5; ++column) {
      const auto u = [](std::int64_t k) { return (static_cast<double>(k) + 0.5) / 5; };
      const auto moved = crop->apply(batch, numbers({u(row), u(column)}));
      CHECK(moved.input.equal(padded.narrow(2, row, 5).narrow(3, column, 6)));
    }
  const auto far = make_transform("random_crop", {{"padding", std::int64_t{9}}}, info);
  CHECK(far->apply(batch, numbers({0, 0})).input.eq(-2).all().item<bool>());
}

TEST_CASE("flip reflects the images whose number is below the probability") {
  const auto batch = images(2, 3, 4);
  const auto flip = make_transform("flip", {{"probability", 0.3}}, gray(3, 4));
  const auto draws = torch::tensor({0.29, 0.31}, torch::kDouble).view({2, 1});
  const auto flipped = flip->apply(batch, draws);
  CHECK(flipped.input[0].equal(batch.input[0].flip(2)));
  CHECK(flipped.input[1].equal(batch.input[1]));
}

TEST_CASE("erase makes a rectangle of the drawn area, ratio and place the mean pixel") {
  const auto batch = images(1, 10, 20);
  const auto erase = make_transform(
      "erase", {{"smallest", 0.04}, {"largest", 0.16}, {"ratio", 0.5}}, gray(10, 20));
  // Area 0.1 * 200 = 20, ratio 1.25: 5 rows and 4 columns, at row 3 of 0..5 and column 8 of 0..16.
  const auto erased = erase->apply(batch, numbers({0.49, 0.5, 0.5, 0.5, 0.5}));
  auto expected = batch.input.clone();
  expected.narrow(2, 3, 5).narrow(3, 8, 4).zero_();
  CHECK(erased.input.equal(expected));
  CHECK(erase->apply(batch, numbers({0.5, 0.5, 0.5, 0.5, 0.5})).input.equal(batch.input));
  // A rectangle that is higher than the image is cut.
  const auto all = make_transform("erase", {{"smallest", 1.0}, {"largest", 1.0}}, gray(10, 20));
  const auto cut = all->apply(batch, numbers({0, 0, 1 - 1e-9, 0, 0})).input;
  CHECK(
      cut.eq(0).sum().item<std::int64_t>() ==
      10 * 8 +
          (batch.input.eq(0).sum() - batch.input.narrow(3, 0, 8).eq(0).sum()).item<std::int64_t>());
  CHECK_THROWS_WITH(make_transform("erase", {{"smallest", 0.5}, {"largest", 0.4}}, gray(10, 20)),
                    Catch::Contains("`smallest` is 0.5"));
}

TEST_CASE("noise is normal, scaled to pixels, and stays between black and white") {
  const auto info = gray(40, 50);
  const auto noise = make_transform("noise", {{"deviation", 0.1}}, info);
  const auto batch = images(4, 40, 50);
  const auto all = noise->draw(batch, Rng(2));
  const auto draws = all.narrow(1, 0, 2000);            // and the last one is uniform
  CHECK(std::abs(draws.mean().item<double>()) < 0.05);  // 4.5 deviations
  CHECK(draws.std().item<double>() == Approx(1).margin(0.04));
  const auto plain =
      batch.input + draws.to(torch::kFloat).view_as(batch.input) * 0.4;  // 0.1 / 0.25
  CHECK(noise->apply(batch, all).input.equal(plain.clamp(-2, 2)));
  CHECK(noise->apply(batch, at::cat({draws * 100, all.narrow(1, 2000, 1)}, 1))
            .input.abs()
            .max()
            .item<double>() == 2);
  const auto some = make_transform("noise", {{"deviation", 0.1}, {"probability", 0.4}}, info);
  all.select(1, 2000).copy_(torch::tensor({0.1, 0.4, 0.39, 0.9}));
  const auto changed = some->apply(batch, all).input;
  for (const std::int64_t k : {0, 2}) CHECK(changed[k].equal(plain[k].clamp(-2, 2)));
  for (const std::int64_t k : {1, 3}) CHECK(changed[k].equal(batch.input[k]));
}

TEST_CASE(
    "a training sees transformed samples, other ones in each epoch, and evaluation does not") {
  // Batches as the objective and the evaluations see them.
  class Seen final : public Objective {
   public:
    const std::vector<std::string>& terms() const override { return names_; }
    std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
      for (std::int64_t b = 0; b < batch.size(); ++b)
        inputs[batch.id[b].item<std::int64_t>()].push_back(batch.input[b].clone());
      return {{model.forward(batch).logits.square().mean()}};
    }
    std::map<std::int64_t, Tensors> inputs;

   private:
    std::vector<std::string> names_{"size"};
  };
  const TinyData data;
  const auto trained = [&](const Specs& transforms, std::shared_ptr<Seen> seen) {
    Parts parts;
    parts.model = std::make_shared<Net>(64);  // without batch norm, which would move
    parts.dataset = std::make_shared<TinyData>();
    parts.objective = std::move(seen);
    parts.optimizer = plugins().make<Optimizer>({"sgd", {{"lr", 1e-30}}});
    const auto train = plugins().make<Procedure>(
        {"train",
         {{"epochs", std::int64_t{2}}, {"batch", std::int64_t{16}}, {"transforms", transforms}}},
        &data.info());
    Rows rows;
    for (std::int64_t unit = 0; unit < train->units(parts); ++unit)
      train->advance(unit, parts, Context{torch::kCPU, Rng(3), nullptr}, rows);
    std::erase_if(rows.rows, [](const auto& row) { return row.first.starts_with("train/"); });
    return rows.rows;
  };
  const auto seen = std::make_shared<Seen>();
  const auto with = trained({{"random_crop", {}}, {"noise", {}}}, seen);
  CHECK_FALSE(with.empty());
  CHECK(with == trained({}, std::make_shared<Seen>()));
  REQUIRE(seen->inputs.size() == 60);
  for (const auto& [id, list] : seen->inputs) {
    REQUIRE(list.size() == 2);
    CHECK_FALSE(list[0].equal(list[1]));
    CHECK_FALSE(list[0].equal(data.load(std::vector<std::int64_t>{id}, {}).input[0]));
  }
}

TEST_CASE("a training with transforms is the same with any number of threads, and resumes") {
  const auto trained = [](std::int64_t threads, std::int64_t ahead, std::int64_t stop) {
    TinyTrial trial{{"train",
                     {{"steps", std::int64_t{9}},
                      {"batch", std::int64_t{16}},
                      {"loader_threads", threads},
                      {"prefetch", ahead},
                      {"resample", 1.0},
                      {"transforms", Specs{{"random_crop", {}}, {"erase", {}}, {"noise", {}}}}}}};
    return carry_out(trial, stop, 1);
  };
  const auto plain = trained(1, 0, -1);
  for (const auto& other : {trained(1, 3, -1), trained(4, 5, -1), trained(4, -1, 5)}) {
    CHECK(plain.rows == other.rows);
    CHECK(same(plain.weights, other.weights));
  }
  CHECK_THROWS_WITH(trained(4, 0, -1), Catch::Contains("`prefetch: 0` loads no batch ahead"));
}
