// Uncertainty and detection against pairs by hand.
#include <cmath>

#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>

#include "bayes/shared/detection.h"
#include "predictions.h"

using namespace assay;
using namespace assay::testing;

namespace {

torch::Tensor row(const std::vector<double>& values) {
  return torch::tensor(values, torch::kDouble);
}

double entropy(const torch::Tensor& p) {
  double sum = 0;
  for (std::int64_t k = 0; k < p.numel(); ++k)
    sum -= p[k].item<double>() * std::log(p[k].item<double>());
  return sum;
}

// Of all pairs the fraction in which the first kind scores higher; half of the ties.
double auroc_by_pairs(const torch::Tensor& positive, const torch::Tensor& negative) {
  double won = 0;
  for (std::int64_t i = 0; i < positive.numel(); ++i)
    for (std::int64_t j = 0; j < negative.numel(); ++j) {
      const double a = positive[i].item<double>(), b = negative[j].item<double>();
      won += a > b ? 1 : a == b ? 0.5 : 0;
    }
  return won / static_cast<double>(positive.numel() * negative.numel());
}

}  // namespace

TEST_CASE("detection gives the golden AUROC, and that of all pairs with ties") {
  CHECK(bayes::detect(row({0.9, 0.8, 0.7, 0.6}), row({0.85, 0.6, 0.3})).auroc ==
        Approx(0.708333333333333).epsilon(1e-12));
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const auto draw = [&](std::int64_t n, std::uint64_t k) {
      return at::randint(0, 15, {n}, Rng(seed).fork(k).generator(), torch::kDouble);  // with ties
    };
    const auto a = draw(40, 0), b = draw(30, 1);
    CHECK(bayes::detect(a, b).auroc == Approx(auroc_by_pairs(a, b)).epsilon(1e-12));
  }
}

TEST_CASE("average precision and FPR95 are those of thresholds by hand") {
  const auto a = row({5, 4, 4, 2, 1}), b = row({4.5, 4, 3, 0});
  // Thresholds 5, 4.5, 4, 3, 2, 1, 0: recall 1, 1, 3, 3, 4, 5, 5 of 5; of 1, 2, 5, 6, 7, 8, 9.
  const double ap = 1.0 / 5 * 1 + 2.0 / 5 * (3.0 / 5) + 1.0 / 5 * (4.0 / 7) + 1.0 / 5 * (5.0 / 8);
  CHECK(bayes::detect(a, b).aupr == Approx(ap).epsilon(1e-12));
  CHECK(bayes::detect(a, b).fpr95 == 0.75);  // at 1, which all five reach, and three of the four
  CHECK(bayes::detect(row({2, 3}), row({0, 1})).fpr95 == 0);
  CHECK(bayes::detect(row({2, 3}), row({0, 1})).aupr == Approx(1));
}

TEST_CASE("uncertainty is split into the entropy of the passes and what they disagree about") {
  const auto p = random_probabilities(6, 3, 1), q = random_probabilities(6, 3, 2);
  auto set = predictions_of((p + q) / 2, random_targets(6, 3, 5));
  set.members = at::stack({p.log(), q.log()});
  double total = 0, aleatoric = 0;
  for (std::int64_t i = 0; i < 6; ++i) {
    total += entropy((p[i] + q[i]) / 2) / 6;
    aleatoric += (entropy(p[i]) + entropy(q[i])) / 12;
  }
  const auto found = measured("uncertainty_parts", {}, {{"test", set}}, 3);
  CHECK(found.at("test/uncertainty/total") == Approx(total).epsilon(1e-12));
  CHECK(found.at("test/uncertainty/aleatoric") == Approx(aleatoric).epsilon(1e-12));
  CHECK(found.at("test/uncertainty/epistemic") == Approx(total - aleatoric).epsilon(1e-9));
  CHECK(found.contains("test/errors/auroc/mutual_information"));
  CHECK_FALSE(found.contains("test/errors/auroc/energy"));
  // A probability of 0 has no part in an entropy.
  const auto sure = predictions_of(torch::tensor({{1.0, 0.0}}, torch::kDouble), {0});
  CHECK(measured("uncertainty_parts", {}, {{"test", sure}}, 2).at("test/uncertainty/total") == 0);
}

TEST_CASE("out_of_distribution compares each set without targets with the one that has some") {
  const auto p = random_probabilities(40, 3, 1), q = random_probabilities(30, 3, 2);
  const auto inside = predictions_of(p, random_targets(40, 3, 5)), outside = predictions_of(q, {});
  const auto found = measured("out_of_distribution", {}, {{"test", inside}, {"far", outside}}, 3);
  CHECK(found.at("far/outside/auroc/max_probability") ==
        Approx(auroc_by_pairs(p.amax(1), q.amax(1))).epsilon(1e-12));
  CHECK_FALSE(found.contains("test/outside/auroc/max_probability"));
  // Surer samples score higher by each score.
  auto sure = predictions_of(torch::tensor({{0.98, 0.01, 0.01}, {0.9, 0.05, 0.05}}, torch::kDouble),
                             {0, 0}),
       unsure =
           predictions_of(torch::tensor({{0.4, 0.3, 0.3}, {0.5, 0.3, 0.2}}, torch::kDouble), {});
  const auto score = [&](const std::string& name) {
    return measured("out_of_distribution", {}, {{"test", sure}, {"far", unsure}}, 3)
        .at("far/outside/" + name);
  };
  sure.logits = torch::tensor({{9.0, 0.0, 0.0}, {8.0, 0.0, 0.0}}, torch::kDouble);
  unsure.logits = torch::tensor({{1.0, 0.0, 0.0}, {2.0, 0.0, 0.0}}, torch::kDouble);
  for (const std::string name : {"max_probability", "entropy", "energy"}) {
    CHECK(score("auroc/" + name) == 1);
    CHECK(score("aupr_out/" + name) == Approx(1));
    CHECK(score("fpr95/" + name) == 0);
  }
  // Passes that disagree are unsure, however sure each is.
  const auto one = torch::tensor({{0.9, 0.1, 0.0001}, {0.1, 0.9, 0.0001}}, torch::kDouble);
  sure.members = at::stack({one.log(), one.log()});
  unsure.members = at::stack({one.log(), one.flip(1).log()});
  CHECK(score("auroc/mutual_information") == 1);
  const Info info{.classes = 3};
  const auto check = [&](const Values& params, const std::vector<SetInfo>& sets) {
    plugins().make<Metric>({"out_of_distribution", params}, &info)->check_sets(sets);
  };
  const std::vector<SetInfo> both{{"test", true}, {"far", false}},
      three{{"test", true}, {"far", false}, {"near", true}};
  CHECK_THROWS_WITH(check({}, {}), Catch::Matchers::Contains("`targets: none`: add one"));
  CHECK_THROWS_WITH(check({}, three), Catch::Matchers::Contains("say with `inside`"));
  CHECK_NOTHROW(check({}, both));
  CHECK_NOTHROW(check({{"inside", std::string("near")}}, three));
  CHECK_THROWS_WITH(check({{"inside", std::string("validation")}}, both),
                    Catch::Matchers::Contains("no set with targets; that is `test`"));
}

TEST_CASE("abstentions are left out, and NaN is an error") {
  auto set = predictions_of(torch::tensor({{0.9, 0.1}, {0.2, 0.8}, {0.6, 0.4}}, torch::kDouble),
                            {0, 1, 0});
  const auto whole = measured("uncertainty_parts", {}, {{"test", set}}, 2);
  auto more = predictions_of(
      torch::tensor({{0.9, 0.1}, {0.2, 0.8}, {0.6, 0.4}, {std::nan(""), std::nan("")}},
                    torch::kDouble),
      {0, 1, 0, 1});
  CHECK_THROWS_WITH(measured("uncertainty_parts", {}, {{"test", more}}, 2),
                    Catch::Matchers::Contains("NaN"));
  more.abstained = torch::tensor({false, false, false, true});
  CHECK(measured("uncertainty_parts", {}, {{"test", more}}, 2) == whole);
  const Values three{{"bins", Integers{3}}};
  CHECK(measured("calibration", three, {{"test", more}}, 2) ==
        measured("calibration", three, {{"test", set}}, 2));
}
