// Images as bytes, in one channel or several, and what their dataset tells of pixels.
#include <catch2/catch.hpp>

#include <ATen/ops/allclose.h>
#include <ATen/ops/randint.h>

#include "assay/sdk/images.h"
#include "runner/conformance/tiny.h"

using namespace assay;

namespace {

class Colors final : public ImageSet {
 public:
  Colors(const Files& train, const Files& test, Normalization normalization)
      : ImageSet(train, test, {.validation = 2}, normalization, {}) {}
};

ImageSet::Files random_images(at::IntArrayRef sizes, std::uint64_t seed) {
  const auto generator = Rng(seed).generator();
  return {at::randint(256, sizes, generator, torch::kInt64).to(torch::kUInt8),
          at::arange(sizes[0], torch::kInt64) % 3};
}

}  // namespace

TEST_CASE("color images are normalized by channel, and labels are known without them") {
  const auto train = random_images({9, 3, 4, 5}, 1), test = random_images({4, 3, 4, 5}, 2);
  const Colors data(train, test, {{0.1, 0.2, 0.3}, {0.5, 1, 2}});
  CHECK(data.info().input_shape == std::vector<std::int64_t>{3, 4, 5});
  CHECK(data.info().pixel_mean == std::vector<double>{0.1, 0.2, 0.3});
  const auto batch = data.load(data.ids(Split::kTest), {});
  const auto mean = torch::tensor({0.1, 0.2, 0.3}).view({3, 1, 1}),
             deviation = torch::tensor({0.5, 1.0, 2.0}).view({3, 1, 1});
  const auto expected = (test.pixels.to(torch::kFloat) / 255 - mean) / deviation;
  CHECK(at::allclose(batch.input, expected.to(torch::kFloat), 1e-6, 1e-6));
  for (const auto split : {Split::kTrain, Split::kValidation, Split::kTest})
    CHECK(data.targets(split).equal(data.Dataset::targets(split)));
  CHECK(data.targets(Split::kValidation).equal(torch::tensor({1, 2}, torch::kInt64)));
}

TEST_CASE("a normalization has a mean and a deviation per channel") {
  const auto train = random_images({9, 3, 4, 5}, 1);
  CHECK_THROWS_WITH(Colors(train, {}, {{0.1}, {0.5}}),
                    Catch::Contains("the images have 3 channels"));
  CHECK_THROWS_WITH(Colors(train, {}, {{0, 0, 0}, {1, 0, 1}}), Catch::Contains("must be above 0"));
  CHECK_THROWS_WITH(Colors(train, random_images({4, 1, 4, 5}, 2), {{0, 0, 0}, {1, 1, 1}}),
                    Catch::Contains("the same channels, height and width"));
}

TEST_CASE("pixels are black and white where the dataset's normalization puts them") {
  Info info;
  info.input_shape = {2, 4, 5};
  info.pixel_mean = {0.5, 0.25};
  info.pixel_deviation = {0.5, 0.25};
  const Pixels pixels(info);
  CHECK(pixels.channels() == 2);
  CHECK(pixels.height() == 4);
  CHECK(pixels.width() == 5);
  CHECK(pixels.black().flatten().equal(torch::tensor({-1.0, -1.0}, torch::kFloat)));
  CHECK(pixels.white().flatten().equal(torch::tensor({1.0, 3.0}, torch::kFloat)));
  info.pixel_mean = {0.5};
  CHECK_THROWS_WITH(Pixels(info), Catch::Contains("does not tell how its images are normalized"));
  info.input_shape = {64};
  CHECK_THROWS_WITH(Pixels(info), Catch::Contains("the samples of the dataset have 1 dimension"));
}
