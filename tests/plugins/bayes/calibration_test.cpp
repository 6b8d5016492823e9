// Calibration errors against golden numbers and sums by hand.
#include <cmath>

#include <ATen/ops/cat.h>

#include "predictions.h"
#include "runner/conformance/tiny.h"

using namespace assay;
using namespace assay::testing;

namespace {

// Some confidences lie on edges of bins of a tenth and a twentieth.
Predictions five() {
  return predictions_of(
      torch::tensor({{0.9, 0.1}, {0.8, 0.2}, {0.35, 0.65}, {0.55, 0.45}, {0.52, 0.48}},
                    torch::kDouble),
      {0, 1, 1, 0, 1});
}

// One sample after another, without tensors. The bin of c is the m with m/B < c <= (m+1)/B, or, for
// `left`, m/B <= c < (m+1)/B, where 1 is in the last bin.
double ece_by_hand(const torch::Tensor& confidence, const torch::Tensor& right, std::int64_t bins,
                   bool left) {
  std::vector<double> gap(static_cast<std::size_t>(bins));
  for (std::int64_t i = 0; i < confidence.numel(); ++i) {
    const double c = confidence[i].item<double>(), r = right[i].item<double>();
    std::size_t place = 0;
    for (std::int64_t m = 0; m < bins; ++m) {
      const double low = static_cast<double>(m) / static_cast<double>(bins),
                   high = static_cast<double>(m + 1) / static_cast<double>(bins);
      const bool inside =
          left ? c >= low && (c < high || m + 1 == bins) : (c > low || m == 0) && c <= high;
      if (inside) place = static_cast<std::size_t>(m);
    }
    gap[place] += r - c;
  }
  double sum = 0;
  for (const double g : gap) sum += std::abs(g);
  return sum / static_cast<double>(confidence.numel());
}

Values bins(Integers counts, const std::string& edges = "right") {
  return {{"bins", std::move(counts)}, {"edges", edges}};
}

}  // namespace

TEST_CASE("calibration gives the golden numbers of five samples") {
  // 15 bins are too many for five samples, which are given three times.
  const auto p = five();
  const auto thrice = predictions_of(
      at::cat({p.log_probability, p.log_probability, p.log_probability, p.log_probability}).exp(),
      {0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1});
  const auto found = measured("calibration", bins({10, 15, 20}), {{"test", thrice}}, 2);
  CHECK(found.at("test/ece/width10") == Approx(0.264).epsilon(1e-12));
  CHECK(found.at("test/ece/width15") == Approx(0.444).epsilon(1e-12));
  CHECK(found.at("test/ece/width20") == Approx(0.264).epsilon(1e-12));
  CHECK(found.at("test/brier") == Approx(0.49816).epsilon(1e-12));
  CHECK(measured("nll", {}, {{"test", p}}, 2).at("test/nll") == Approx(0.695477504).epsilon(1e-9));
}

TEST_CASE("calibration errors are those of sums by hand") {
  for (const std::int64_t classes : {2, 5})
    for (const bool left : {false, true}) {
      const auto p = random_probabilities(300, classes, 3);
      const auto y = random_targets(300, classes, 4);
      const auto set = predictions_of(p, y);
      const auto found =
          measured("calibration", bins({7, 20}, left ? "left" : "right"), {{"test", set}}, classes);
      const auto confidence = p.amax(1), right = p.argmax(1).eq(set.target).to(torch::kDouble);
      for (const std::int64_t count : {7, 20}) {
        const auto name = "/width" + std::to_string(count);
        CHECK(found.at("test/ece" + name) ==
              Approx(ece_by_hand(confidence, right, count, left)).epsilon(1e-12));
        double classwise = 0;
        for (std::int64_t k = 0; k < classes; ++k)
          classwise +=
              ece_by_hand(p.select(1, k), set.target.eq(k).to(torch::kDouble), count, left);
        CHECK(found.at("test/classwise_ece" + name) ==
              Approx(classwise / static_cast<double>(classes)).epsilon(1e-12));
      }
      CHECK(found.at("test/overconfidence") ==
            Approx(confidence.mean().item<double>() - right.mean().item<double>()).epsilon(1e-12));
    }
}

TEST_CASE("bins of equal mass are runs of the sorted confidences") {
  const auto p = random_probabilities(20, 3, 8);
  const auto set = predictions_of(p, random_targets(20, 3, 9));
  const auto order = p.amax(1).argsort();
  const auto right = p.argmax(1).eq(set.target).to(torch::kDouble);
  double sum = 0, largest = 0;
  for (std::int64_t m = 0; m < 5; ++m) {
    double gap = 0;
    for (std::int64_t k = 4 * m; k < 4 * m + 4; ++k)
      gap += (right[order[k]] - p.amax(1)[order[k]]).item<double>();
    sum += std::abs(gap) / 20;
    largest = std::max(largest, std::abs(gap) / 4);
  }
  const auto found =
      measured("calibration", {{"bins", Integers{5}}, {"binning", Strings{"equal_mass"}}},
               {{"test", set}}, 3);
  CHECK(found.at("test/ece/mass5") == Approx(sum).epsilon(1e-12));
  CHECK(found.at("test/mce/mass5") == Approx(largest).epsilon(1e-12));
}

TEST_CASE("the reliability diagram has a bar per bin that has samples") {
  const Info info{.classes = 2};
  Measured into;
  plugins().make<Metric>({"calibration", bins({5})}, &info)->measure({{"test", five()}}, into);
  Rows rows;
  into.write(rows);
  const auto& picture = rows.documents.at("reliability_test.svg");
  // Confidences 0.52, 0.55, 0.65, 0.8 and 0.9 are in three of the five bins, (0.4, 0.6], (0.6, 0.8]
  // and (0.8, 1]: each has a bar of its accuracy and one of its samples.
  std::size_t bars = 0;
  const std::string fill = "fill-opacity:0.35";
  for (auto at = picture.find(fill); at != std::string::npos; at = picture.find(fill, at + 1))
    ++bars;
  CHECK(bars == 6);
}

TEST_CASE("a set with fewer samples than bins is refused, and one without targets left out") {
  CHECK_THROWS_WITH(measured("calibration", {}, {{"test", five()}}, 2),
                    Catch::Matchers::Contains("5 samples, too few for 15"));
  const auto none = predictions_of(five().log_probability.exp(), {});
  CHECK(measured("calibration", {}, {{"far", none}}, 2).empty());
}
