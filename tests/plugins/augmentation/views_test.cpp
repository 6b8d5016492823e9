// Two views of a sample, transformed evaluation, and the identities of the Fourier modes.
#include <catch2/catch.hpp>

#include <ATen/ops/fft_fft2.h>

#include "assay/sdk/training.h"
#include "runner/conformance/tiny.h"
#include "tests/support/plugin_host.h"

using namespace assay;
using namespace assay::testing;

namespace {

const Specs kTransforms{{"resized_crop", {}}, {"flip", {}}, {"blur", {{"probability", 1.0}}}};

std::shared_ptr<Transform> make(const std::string& use, const Values& params, const Info& info) {
  return plugins().make<Transform>({use, params}, &info);
}

// Images of pixels, with mean 0 and deviation 1.
Info of_pixels(std::int64_t height, std::int64_t width) {
  Info info;
  info.input_shape = {1, height, width};
  info.classes = 2;
  info.pixel_mean = {0};
  info.pixel_deviation = {1};
  return info;
}

// Which first pairs the two samples of a batch, and then mixes with lambda = alpha.
torch::Tensor pair_draws(double lambda) {
  return torch::tensor({0.0, lambda, 0.1, 0.0, lambda, 0.2}, torch::kDouble).view({2, 3});
}

}  // namespace

TEST_CASE("two views have draws of their own, whatever the batch and the number of threads") {
  const auto data = std::make_shared<TinyData>();
  const auto views = make("views", {{"first", kTransforms}}, data->info());
  const auto seen = [&](std::int64_t batch, std::int64_t threads) {
    std::map<std::int64_t, std::pair<torch::Tensor, torch::Tensor>> all;  // by id
    Loader loader(data, Batches(data->ids(Split::kTrain), batch, Rng(7)),
                  {torch::kCPU, Rng(8), nullptr},
                  {.ahead = threads > 1 ? 4 : 0, .threads = threads, .transforms = {views}});
    for (std::int64_t k = 0; k * batch < 60; ++k) {
      const auto loaded = loader.at(k);
      for (std::int64_t b = 0; b < loaded.size(); ++b)
        all[loaded.id[b].item<std::int64_t>()] = {loaded.input[b], loaded.extra.at("view")[b]};
    }
    return all;
  };
  const auto whole = seen(20, 1);
  CHECK(whole.size() == 60);
  for (const auto& [id, views_of] : whole) CHECK_FALSE(views_of.first.equal(views_of.second));
  for (const auto& other : {seen(7, 1), seen(20, 3)})
    for (const auto& [id, views_of] : whole) {
      CHECK(other.at(id).first.equal(views_of.first));
      CHECK(other.at(id).second.equal(views_of.second));
    }
}

TEST_CASE("the second view may have transforms of its own") {
  const TinyData data;
  const auto batch = data.load(data.ids(Split::kTrain).first(4), {});
  const auto views = make("views",
                          {{"first", Specs{{"flip", {{"probability", 0.0}}}}},
                           {"second", Specs{{"flip", {{"probability", 1.0}}}}}},
                          data.info());
  const auto two = views->apply(batch, views->draw(batch, Rng(1)));
  CHECK(two.input.equal(batch.input));
  CHECK(two.extra.at("view").equal(batch.input.flip(3)));
}

TEST_CASE("one more transform at the front leaves the draws of the others") {
  const TinyData data;
  const auto batch = data.load(data.ids(Split::kTrain).first(4), {});
  Specs more{{"fourier", {{"probability", 0.0}}}};
  more.insert(more.end(), kTransforms.begin(), kTransforms.end());
  const auto plain = make("views", {{"first", kTransforms}}, data.info());
  const auto longer = make("views", {{"first", more}}, data.info());
  const auto a = plain->apply(batch, plain->draw(batch, Rng(1)));
  const auto b = longer->apply(batch, longer->draw(batch, Rng(1)));
  CHECK(a.input.equal(b.input));
  CHECK(a.extra.at("view").equal(b.extra.at("view")));
}

TEST_CASE("nothing follows views, and no view has views") {
  const TinyData data;
  const Specs views{{"views", {{"first", kTransforms}}}};
  CHECK_THROWS_WITH(make("views", {{"first", views}}, data.info()),
                    Catch::Contains("a view cannot have views"));
  std::vector<std::shared_ptr<Transform>> list{make("views", {{"first", kTransforms}}, data.info()),
                                               make("flip", {}, data.info())};
  CHECK_THROWS_WITH(check_order(list), Catch::Contains("would change the first view alone"));
  std::swap(list[0], list[1]);
  CHECK_NOTHROW(check_order(list));
}

TEST_CASE("a crop that never fits is the largest one in the middle") {
  // 4 x 40 pixels: with the whole area, a ratio of at most 4 / 3 never fits.
  const auto crop =
      make("resized_crop", {{"smallest", 1.0}, {"largest", 1.0}, {"probability", 1.0}},
           of_pixels(4, 40));
  const auto draws = at::full({1, crop->count()}, 0.5, torch::kDouble);
  auto image = at::zeros({1, 1, 4, 40});
  image.narrow(3, 17, 5).fill_(1);  // 4 * 4 / 3 columns are 5, from (40 - 5) / 2 on
  CHECK(crop->apply({.input = image}, draws).input.equal(at::ones({1, 1, 4, 40})));
}

TEST_CASE("fourier refuses what its mode does not use") {
  const auto refused = [](const Values& params) {
    CHECK_THROWS_WITH(make("fourier", params, of_pixels(8, 8)), Catch::Contains("does not use"));
  };
  refused({{"mode", std::string("swap")}, {"alpha", 0.5}});
  refused({{"mode", std::string("average")}, {"alpha", 0.5}});
  refused({{"mode", std::string("swap")}, {"ratio", 0.5}});
  refused({{"beta", 0.2}});
}

TEST_CASE("transformed changes the splits that it names, always in the same way") {
  Registry registry = plugins();
  registry.insert({.kind = "dataset", .name = "tiny", .doc = "A test's.", .make = [](const Build&) {
                     return std::static_pointer_cast<Dataset>(std::make_shared<TinyData>());
                   }});
  const TinyData plain;
  const auto changed = [&](std::int64_t seed) {
    return registry.make<Dataset>({"transformed",
                                   {{"dataset", Spec{"tiny", {}}},
                                    {"transforms", Specs{{"affine", {}}}},
                                    {"draw_seed", seed}}},
                                  nullptr);
  };
  const auto data = changed(0);
  const Context other{torch::kCPU, Rng(99), nullptr};
  const auto inputs = [](const Dataset& of, Split split, std::size_t from, std::size_t count,
                         const Context& context) {
    return of.load(of.ids(split).subspan(from, count), context).input;
  };
  const auto test = inputs(*data, Split::kTest, 0, 20, {});
  CHECK_FALSE(test.equal(inputs(plain, Split::kTest, 0, 20, {})));
  CHECK(inputs(*data, Split::kTrain, 0, 60, {}).equal(inputs(plain, Split::kTrain, 0, 60, {})));
  CHECK(inputs(*data, Split::kTest, 5, 3, other).equal(test.narrow(0, 5, 3)));
  CHECK_FALSE(inputs(*changed(1), Split::kTest, 0, 20, {}).equal(test));
}

TEST_CASE("fourier has the golden mean of amplitudes") {
  const auto fourier =
      make("fourier", {{"mode", std::string("average")}, {"probability", 1.0}}, of_pixels(2, 2));
  const auto pixels = torch::tensor({10.0, 20.0, 30.0, 40.0, 5.0, 1.0, 2.0, 8.0}, torch::kFloat);
  const Batch batch{.input = pixels.view({2, 1, 2, 2}) / 40};
  const auto mixed = fourier->apply(batch, pair_draws(0)).input[0] * 40;
  const auto golden = torch::tensor({6.25, 11.75, 17.25, 22.75}, torch::kFloat).view({1, 2, 2});
  CHECK((mixed - golden).abs().max().item<double>() < 1e-5);
}

TEST_CASE("fourier keeps phases, and equal images and lambda 0 change nothing") {
  const auto image = [](std::uint64_t seed) {
    return 0.3 + 0.4 * at::rand({1, 1, 9, 8}, Rng(seed).generator(), torch::kFloat);
  };
  const auto apply = [&](const Values& params, const torch::Tensor& a, const torch::Tensor& b,
                         double lambda) {
    auto all = params;
    all["probability"] = 1.0;
    const Batch batch{.input = at::cat({a, b})};
    return make("fourier", all, of_pixels(9, 8))->apply(batch, pair_draws(lambda)).input[0];
  };
  const auto x = image(1), y = image(2);
  const Values swap{{"mode", std::string("swap")}, {"beta", 0.2}};
  CHECK((apply({}, x, y, 0) - x[0]).abs().max().item<double>() < 1e-6);
  CHECK((apply({}, x, x, 0.9) - x[0]).abs().max().item<double>() < 1e-6);
  CHECK((apply(swap, x, x, 0) - x[0]).abs().max().item<double>() < 1e-6);
  const auto mixed = apply({}, x, y, 0.1);  // not clipped
  CHECK((at::fft_fft2(mixed).angle() - at::fft_fft2(x[0]).angle()).cos().min().item<double>() >
        0.9999);
  // With frequencies of both signs the low amplitudes are exactly those of the other image.
  const auto swapped = at::fft_fft2(apply(swap, x, 0.5 + 0.2 * (y - 0.5), 0)).abs();
  const auto wanted = at::fft_fft2(0.5 + 0.2 * (y[0] - 0.5)).abs();
  CHECK((swapped - wanted)[0][1][1].abs().item<double>() < 1e-4);
  CHECK((swapped - at::fft_fft2(x[0]).abs())[0][4][4].abs().item<double>() < 1e-4);
}
