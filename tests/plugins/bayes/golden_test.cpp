// The metrics against torchmetrics, scikit-learn and SciPy: tests/python/golden_uncertainty.py.
#include <ATen/ops/log_softmax.h>

#include "predictions.h"
#include "tests/support/golden.h"

using namespace assay;
using namespace assay::testing;

namespace {

// [S, N, K] log probabilities as the passes of one set.
Predictions set_of(const nlohmann::json& logits, const std::vector<std::int64_t>& target) {
  const auto S = std::ssize(logits), N = std::ssize(logits.at(0)),
             K = std::ssize(logits.at(0).at(0));
  std::vector<double> all;
  for (const auto& pass : logits)
    for (const auto& row : pass)
      for (const auto& value : row) all.push_back(value.get<double>());
  const auto members = at::log_softmax(torch::tensor(all, torch::kDouble).view({S, N, K}), 2);
  auto set = predictions_of(members.exp().mean(0), target);
  set.members = members;
  return set;
}

void check_detection(const std::map<std::string, double>& found, const std::string& rows,
                     const nlohmann::json& golden) {
  for (const auto& [score, numbers] : golden.items())
    for (const auto& [name, value] : numbers.items()) {
      INFO(score << " " << name);
      CHECK(found.at(rows + name + "/" + score) == Approx(value.get<double>()).epsilon(1e-12));
    }
}

}  // namespace

TEST_CASE("metrics of uncertainty are those of torchmetrics, scikit-learn and SciPy") {
  const auto& golden = assay::testing::golden("bayes", "uncertainty");
  const auto inside =
      set_of(golden.at("inside"), golden.at("target").get<std::vector<std::int64_t>>());
  const auto outside = set_of(golden.at("outside"), {});
  const PredictionSets sets{{"test", inside}, {"far", outside}};
  const auto calibration = measured(
      "calibration", {{"bins", Integers{10, 15, 20}}, {"edges", std::string("left")}}, sets, 4);
  for (const auto& [bins, value] : golden.at("ece").items()) {
    CHECK(calibration.at("test/ece/width" + bins) == Approx(value.get<double>()).epsilon(1e-5));
    CHECK(calibration.at("test/mce/width" + bins) ==
          Approx(golden.at("mce").at(bins).get<double>()).epsilon(1e-5));
  }
  CHECK(calibration.at("test/brier") == Approx(golden.at("brier").get<double>()).epsilon(1e-12));
  CHECK(measured("nll", {}, {{"test", inside}}, 4).at("test/nll") ==
        Approx(golden.at("nll").get<double>()).epsilon(1e-12));
  const auto parts = measured("uncertainty_parts", {}, sets, 4);
  CHECK(parts.at("test/uncertainty/total") ==
        Approx(golden.at("total").get<double>()).epsilon(1e-12));
  CHECK(parts.at("test/uncertainty/aleatoric") ==
        Approx(golden.at("aleatoric").get<double>()).epsilon(1e-12));
  check_detection(parts, "test/errors/", golden.at("errors"));
  check_detection(measured("out_of_distribution", {}, sets, 4), "far/outside/",
                  golden.at("outside_scores"));
}
