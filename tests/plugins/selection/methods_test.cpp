// Selections, against what their definitions say, taken literally.
#include "selection/leverage/scores.h"
#include "selection/shared/scored.h"
#include "selection/skmm/moments/program.h"
#include "selection/uncertainty/scores.h"
#include "tests/plugins/selection/pool.h"

using namespace selection;
using namespace selection::testing;

TEST_CASE("samples are drawn as one after another in proportion to their weights") {
  const auto weights = torch::tensor({1.0, 2.0, 0.0, 5.0}, torch::kDouble);
  std::map<Places, double> counts;
  constexpr int kDraws = 40000;
  for (int k = 0; k < kDraws; ++k)
    ++counts[drawn(weights, 2, assay::Rng(3).fork(static_cast<std::uint64_t>(k)))];
  const double w[] = {1, 2, 0, 5};
  for (const std::int64_t i : {0, 1, 3})
    for (const std::int64_t j : {0, 1, 3}) {
      if (i == j) continue;
      const double p = w[i] / 8 * w[j] / (8 - w[i]);
      CHECK(counts[{i, j}] / kDraws == Approx(p).margin(5 * std::sqrt(p / kDraws)));
    }
  CHECK(drawn(weights, 4, assay::Rng(1)).back() == 2);  // what weighs nothing comes last
}

TEST_CASE("shares of classes add up, and small classes give all they have") {
  const auto label = torch::tensor({0, 0, 0, 0, 0, 0, 1, 1, 2}, torch::kInt64);
  CHECK(shares(label, 3, 3, true) == std::vector<std::int64_t>{1, 1, 1});
  CHECK(shares(label, 3, 7, true) == std::vector<std::int64_t>{4, 2, 1});
  CHECK(shares(label, 3, 9, false) == std::vector<std::int64_t>{6, 2, 1});
  CHECK(shares(label, 3, 4, false) == std::vector<std::int64_t>{3, 1, 0});
  CHECK(shares(label, 4, 4, true) ==
        std::vector<std::int64_t>{2, 1, 1, 0});  // a class without samples
  for (std::int64_t n = 0; n <= 9; ++n)
    for (const bool alike : {true, false}) {
      const auto share = shares(label, 3, n, alike);
      CHECK(share[0] + share[1] + share[2] == n);
      CHECK(share[1] <= 2);
      CHECK(share[2] <= 1);
    }
}

TEST_CASE("every selector gives so many different samples, and the same for the same seed") {
  const auto from = pool();
  for (const std::string name :
       {"uniform", "class_balanced", "entropy", "margin", "least_confidence", "el2n", "grand",
        "herding", "herding_deepcore", "k_centre", "contextual_diversity", "leverage",
        "adaptive_pivoting", "moderate", "coverage_centric", "skmm", "skmm_greedy"})
    for (const std::int64_t n : {1, 7, 30, 60}) {
      INFO(name);
      const auto places = chosen(name, from, n, 4);
      CHECK(std::ssize(places) == n);
      CHECK(places == chosen(name, from, n, 4));
    }
  CHECK(std::ssize(chosen(*made("margin", {{"per_class", true}}), from, 30)) == 30);
}

TEST_CASE("balanced and moderate selections share out the classes") {
  auto from = pool(60);
  from.label = (at::arange(60, torch::kInt64) >= 40).to(torch::kInt64) +
               (at::arange(60) >= 55).to(torch::kInt64);
  CHECK(by_class(from, chosen("class_balanced", from, 12)) == std::vector<std::int64_t>{4, 4, 4});
  CHECK(by_class(from, chosen(*made("moderate", {{"per_class", true}}), from, 12)) ==
        std::vector<std::int64_t>{8, 3, 1});
}

TEST_CASE("scores follow their definitions") {
  Pool two;
  two.size = 2;
  two.classes = 3;
  two.logits =
      at::log(torch::tensor({0.7, 0.2, 0.1, 0.4, 0.35, 0.25}, torch::kDouble)).view({2, 3});
  two.label = torch::tensor({1, 0}, torch::kInt64);
  two.norms = torch::tensor({5.0, 1.0}, torch::kDouble);
  const auto at = [](const torch::Tensor& x, std::int64_t k) { return x[k].item<double>(); };
  CHECK(at(entropy(two), 0) ==
        Approx(-(0.7 * std::log(0.7) + 0.2 * std::log(0.2) + 0.1 * std::log(0.1))));
  CHECK(at(margin(two), 0) == Approx(-0.5));
  CHECK(at(margin(two), 1) == Approx(-0.05));
  CHECK(at(least_confidence(two), 1) == Approx(0.6));
  CHECK(at(el2n(two), 0) == Approx(std::sqrt(0.49 + 0.64 + 0.01)));
  CHECK(chosen("grand", two, 1) == Places{0});
}

TEST_CASE(
    "what was never learned is taken first, then what was forgotten most; equals by the seed") {
  auto from = pool(6);
  from.forgotten = torch::tensor({0, 3, -1, 3, 1, -1}, torch::kInt64);
  const auto taken = [&](std::int64_t n, std::uint64_t seed) {
    const auto places = chosen("forgetting", from, n, seed);
    return std::set<std::int64_t>(places.begin(), places.end());
  };
  CHECK(taken(2, 0) == std::set<std::int64_t>{2, 5});
  CHECK(taken(4, 0) == std::set<std::int64_t>{1, 2, 3, 5});
  CHECK(taken(5, 0) == std::set<std::int64_t>{1, 2, 3, 4, 5});
  std::set<std::int64_t> firsts;
  for (std::uint64_t seed = 0; seed < 40; ++seed) firsts.merge(taken(1, seed));
  CHECK(firsts == std::set<std::int64_t>{2, 5});
}

TEST_CASE("herding takes the sample that keeps the mean, DeepCore's the one that spoils it") {
  const auto from = pool(40);
  const auto x = from.features.to(torch::kDouble);
  for (const bool farthest : {false, true}) {
    Places expected;
    auto sum = at::zeros_like(x[0]);
    for (int t = 0; t < 15; ++t) {
      double best = farthest ? -1 : 1e300;
      std::int64_t place = -1;
      for (std::int64_t k = 0; k < 40; ++k) {
        if (std::find(expected.begin(), expected.end(), k) != expected.end()) continue;
        const double apart = (x.mean(0) * (t + 1) - sum - x[k]).norm().item<double>();
        if (farthest ? apart > best : apart < best) best = apart, place = k;
      }
      expected.push_back(place);
      sum = sum + x[place];
    }
    CHECK(chosen(farthest ? "herding_deepcore" : "herding", from, 15) == expected);
  }
}

TEST_CASE("k-centre takes the sample farthest from those before it") {
  const auto from = pool(40);
  const auto x = from.features.to(torch::kDouble);
  const auto places = chosen("k_centre", from, 12);
  for (std::size_t t = 1; t < places.size(); ++t) {
    const auto nearest = [&](std::int64_t k) {
      double least = 1e300;
      for (std::size_t j = 0; j < t; ++j)
        least = std::min(least, (x[k] - x[places[j]]).norm().item<double>());
      return least;
    };
    for (std::int64_t k = 0; k < 40; ++k) CHECK(nearest(k) <= nearest(places[t]) + 1e-12);
  }
}

TEST_CASE("contextual diversity measures by both divergences") {
  const auto from = pool(30);
  const auto p = at::softmax(from.logits.to(torch::kDouble), 1);
  const auto places = chosen("contextual_diversity", from, 8);
  const auto divergence = [&](std::int64_t a, std::int64_t b) {
    const auto kl = [&](std::int64_t i, std::int64_t j) {
      return (p[i] * (p[i] / p[j]).log()).sum().item<double>();
    };
    return (kl(a, b) + kl(b, a)) / 2;
  };
  for (std::size_t t = 1; t < places.size(); ++t) {
    const auto nearest = [&](std::int64_t k) {
      double least = 1e300;
      for (std::size_t j = 0; j < t; ++j) least = std::min(least, divergence(k, places[j]));
      return least;
    };
    for (std::int64_t k = 0; k < 30; ++k) CHECK(nearest(k) <= nearest(places[t]) + 1e-12);
  }
}

TEST_CASE("leverage is the diagonal of the hat matrix, with a ridge or without") {
  const auto x = normal({50, 8}, 5).to(torch::kDouble);
  for (const double alpha : {0.0, 10.0}) {
    const auto inverse = at::linalg_inv(x.t().matmul(x) + alpha * at::eye(8, x.options()));
    const auto hat = x.matmul(inverse).matmul(x.t()).diagonal();
    CHECK(at::allclose(leverage_scores(x, alpha, 0), hat, 1e-9, 1e-12));
  }
  CHECK(leverage_scores(x, 0, 0).sum().item<double>() == Approx(8));
  CHECK(leverage_scores(x, 0, 3).sum().item<double>() == Approx(3));
  const auto twice = at::cat({x, x}, 1);  // half of its directions are none
  CHECK(at::allclose(leverage_scores(twice, 0, 0), leverage_scores(x, 0, 0), 1e-9, 1e-12));
}

TEST_CASE("pivoting never takes what is spanned while anything is not") {
  Pool from;
  from.size = 30;
  from.features = at::zeros({30, 4});
  for (std::int64_t k = 0; k < 30; ++k) from.features[k][k % 4] = 1 + k;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto places = chosen("adaptive_pivoting", from, 8, seed);
    for (const std::size_t begin : {0U, 4U}) {
      std::set<std::int64_t> axes;
      for (std::size_t k = begin; k < begin + 4; ++k) axes.insert(places[k] % 4);
      CHECK(axes.size() == 4);
    }
  }
}

TEST_CASE("the greedy design adds the sample that lowers the trace the most") {
  const auto from = pool(40);
  const auto f = from.gradients.to(torch::kDouble);
  const auto sigma = f.t().matmul(f);
  const auto places = chosen("skmm_greedy", from, 30);
  const auto trace = [&](const Places& some) {
    const auto s = f.index_select(0, torch::tensor(some, torch::kInt64));
    return at::linalg_inv(s.t().matmul(s)).matmul(sigma).diagonal().sum().item<double>();
  };
  for (std::size_t t = 10; t < places.size(); ++t) {  // the first ones are pivoted
    const Places before(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(t));
    const auto with = [&](std::int64_t k) {
      auto some = before;
      some.push_back(k);
      return trace(some);
    };
    const double taken = with(places[t]);
    for (std::int64_t k = 0; k < 40; ++k)
      if (std::find(before.begin(), before.end(), k) == before.end())
        CHECK(taken <= with(k) * (1 + 1e-6));
  }
}

TEST_CASE("coverage leaves out the hardest and takes from every stratum") {
  auto from = pool(200);
  from.logits = at::zeros({200, 3});
  for (std::int64_t k = 0; k < 200; ++k)
    from.logits[k][from.label[k].item<std::int64_t>()] = 4 - 0.04 * static_cast<double>(k);
  const auto selector = made("coverage_centric", {{"hardest", 0.1}, {"strata", std::int64_t{10}}});
  const auto places = chosen(*selector, from, 40);
  REQUIRE(places.size() == 40);
  for (const auto place : places) CHECK(place < 180);
  const auto scores = el2n(from);
  std::map<int, int> strata;
  const double low = scores[0].item<double>(), high = scores[179].item<double>();
  for (const auto place : places)
    ++strata[std::min(9,
                      static_cast<int>((scores[place].item<double>() - low) / (high - low) * 10))];
  CHECK(strata.size() == 10);
  for (const auto& [stratum, count] : strata) CHECK(count == 4);
}

// How far the moments of a selection of 12 fall short of the pool's: the program's own objective.
double shortfall(const Pool& from, const std::string& name, const assay::Values& params,
                 std::uint64_t seed) {
  auto s = at::zeros({from.size}, torch::TensorOptions(torch::kDouble));
  for (const auto place : chosen(*made(name, params), from, 12, seed)) s[place] = 1.0 / 12;
  return MomentProgram(moments_of(from.gradients), 12, 0.999).value(s);
}

TEST_CASE("the moments of a matched selection fall short by less than those of an even one") {
  const auto from = pool(60);
  const auto mean = [&](const std::string& name, const assay::Values& params = {}) {
    double sum = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) sum += shortfall(from, name, params, seed);
    return sum / 20;
  };
  const double even = mean("uniform");
  CHECK(mean("skmm", {{"take", "top"}}) < even);
  CHECK(mean("skmm", {{"take", "sampled"}}) < 0.6 * even);
  CHECK(mean("skmm", {{"recipe", "published"}, {"steps", std::int64_t{2000}}}) < 0.6 * even);
  // The published steps and projection do not lower the shortfall, so the objective of the recipe
  // for images is checked with larger steps of the logits.
  CHECK(mean("skmm", {{"recipe", "vision"},
                      {"simplex", "logits"},
                      {"lr", 0.1},
                      {"take", "top"},
                      {"steps", std::int64_t{2000}}}) < 0.05 * even);
  const auto apart = made("skmm", {{"take", "top_per_class"}});
  CHECK(by_class(from, chosen(*apart, from, 12)) == std::vector<std::int64_t>{4, 4, 4});
}

TEST_CASE("the highest weights of the exact program are those that it begins with") {
  const auto from = pool(60);
  const auto begin = drawn_evenly(60, 12, assay::Rng(4).fork("begin"));
  const auto places = chosen(*made("skmm", {{"take", "top"}}), from, 12, 4);
  CHECK(std::set<std::int64_t>(places.begin(), places.end()) ==
        std::set<std::int64_t>(begin.begin(), begin.end()));
}

TEST_CASE("skmm refuses a parameter that its recipe does not read") {
  CHECK_THROWS_WITH(made("skmm", {{"lr", 1e-3}}),
                    Catch::Contains("`lr` belongs to `recipe: published` or `vision`"));
  CHECK_THROWS_WITH(made("skmm", {{"recipe", "vision"}, {"gap", 1e-3}}),
                    Catch::Contains("the recipe is `vision`: leave it out"));
  for (const assay::Values& params :
       {assay::Values{{"sparsity", 1.0}}, assay::Values{{"squared", true}},
        assay::Values{{"simplex", "logits"}}})
    CHECK_THROWS_WITH(made("skmm", params), Catch::Contains("belongs to `recipe: vision`"));
}

TEST_CASE("a greedy selection goes on after a resume as if nothing had been") {
  const auto from = pool(900, 8);
  const assay::Context context{torch::kCPU, assay::Rng(1)};
  for (const std::string name : {"herding", "k_centre", "contextual_diversity"}) {
    INFO(name);
    const auto first = made(name), second = made(name);
    CHECK_FALSE(first->step(0, from, 450, context));
    assay::State state;
    first->save(state);
    second->load(state);
    CHECK(chosen(*second, from, 450) == chosen(name, from, 450));
  }
}
