// Selections by gradients that add up, and by steps on the validation split, taken literally.
#include "selection/craig/facilities.h"
#include "selection/grad_match/pursuit.h"
#include "tests/plugins/selection/pool.h"

using namespace selection;
using namespace selection::testing;

TEST_CASE("facilities are the ones that a full count of gains takes, and weigh all rows") {
  const auto x = normal({40, 3}, 21).to(torch::kDouble);
  const auto found = facilities(x, 8);
  const auto apart = (x.unsqueeze(0) - x.unsqueeze(1)).norm(2, 2);
  auto nearest = at::full({40}, 1e3, torch::kDouble);
  for (const auto place : found.places) {
    const auto gains = (nearest.unsqueeze(1) - apart).clamp_min(0).sum(0);
    CHECK(gains[place].item<double>() == Approx(gains.max().item<double>()).epsilon(1e-9));
    nearest = at::minimum(nearest, apart[place]);
  }
  double all = 0;
  for (const auto weight : found.weights) all += weight;
  CHECK(all == 40);
  CHECK(facilities(x, 40).weights == std::vector<double>(40, 1));
}

TEST_CASE("pursuit finds the few rows that a sum is made of") {
  const auto x = normal({30, 20}, 22).to(torch::kDouble);
  const auto b = x[3] * 2 + x[11] * 0.5 + x[25] * 1.5;
  const auto found = pursuit(x, b, 3, 0);
  CHECK(std::set<std::int64_t>(found.places.begin(), found.places.end()) ==
        std::set<std::int64_t>{3, 11, 25});
  for (std::size_t k = 0; k < 3; ++k)
    CHECK(found.weights[k] == Approx(found.places[k] == 3    ? 2
                                     : found.places[k] == 11 ? 0.5
                                                             : 1.5)
                                  .epsilon(1e-8));
}

TEST_CASE("the weights of a pursuit are the best that are not negative") {
  const auto x = normal({50, 4}, 23).to(torch::kDouble);  // more rows than directions
  const auto b = normal({4}, 24).to(torch::kDouble);
  for (const double ridge : {0.0, 0.1}) {
    const auto found = pursuit(x, b, 12, ridge);
    const double added = ridge * x.square().sum(1).max().item<double>();
    const auto chosen = x.index_select(0, torch::tensor(found.places, torch::kInt64));
    const auto w = torch::tensor(found.weights, torch::kDouble);
    const auto slope = at::mv(chosen, at::mv(chosen.t(), w) - b) + added * w;
    for (std::int64_t k = 0; k < 12; ++k) {
      CHECK(w[k].item<double>() >= 0);
      CHECK(slope[k].item<double>() >= -1e-7);
      CHECK(std::abs(slope[k].item<double>() * w[k].item<double>()) < 1e-7);
    }
  }
}

TEST_CASE("glister takes the sample whose small step lowers the validation loss most") {
  auto from = pool(40);
  from.validation.features = normal({25, 5}, 31);
  from.validation.logits = normal({25, 3}, 32);
  from.validation.label = at::arange(25, torch::kInt64) % 3;
  constexpr double kLr = 1e-4;
  const auto loss = [&](const torch::Tensor& logits) {
    return -at::log_softmax(logits, 1)
                .gather(1, from.validation.label.unsqueeze(1))
                .mean()
                .item<double>();
  };
  const auto after = [&](const torch::Tensor& logits, std::int64_t k) {
    const auto error = at::softmax(from.logits[k].to(torch::kDouble), 0) -
                       at::one_hot(from.label[k], 3).to(torch::kDouble);
    const auto dot =
        at::mv(from.validation.features.to(torch::kDouble), from.features[k].to(torch::kDouble)) +
        1;
    return logits - kLr * dot.unsqueeze(1) * error;
  };
  const auto places = chosen(*made("glister", {{"lr", kLr}}), from, 6);
  auto logits = from.validation.logits.to(torch::kDouble);
  std::set<std::int64_t> taken;
  for (const auto place : places) {
    const double best = loss(after(logits, place));
    for (std::int64_t k = 0; k < 40; ++k)
      if (!taken.contains(k)) CHECK(best <= loss(after(logits, k)) + 1e-8);
    logits = after(logits, place);
    taken.insert(place);
  }
}

TEST_CASE("classes that are taken apart share out the samples, and resume") {
  const auto from = pool(60);
  CHECK(by_class(from, chosen("craig", from, 12)) == std::vector<std::int64_t>{4, 4, 4});
  const auto expected = chosen("grad_match", from, 12);
  const auto first = made("grad_match"), second = made("grad_match");
  const assay::Context context{torch::kCPU, assay::Rng(0)};
  CHECK_FALSE(first->step(0, from, 12, context));
  assay::State state;
  first->save(state);
  second->load(state);
  CHECK_FALSE(second->step(1, from, 12, context));
  const auto last = second->step(2, from, 12, context);
  REQUIRE(last);
  CHECK(last->places == expected);
  CHECK(last->weights.size() == 12);
}
