// Calibration errors: Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using
// Bayesian binning", AAAI 2015 (ECE, MCE); Nixon, Dusenberry, Zhang, Jerfel and Tran, "Measuring
// calibration in deep learning", CVPR workshops 2019 (equal mass); Kull et al., "Beyond temperature
// scaling", NeurIPS 2019 (classwise); Brier, Monthly Weather Review 1950.
#include <algorithm>

#include <ATen/ops/one_hot.h>

#include "assay/registry.h"
#include "bayes/shared/scores.h"
#include "bins.h"
#include "diagram.h"

namespace {

using assay::Predictions;

class Calibration final : public assay::SetMetric<Calibration> {
 public:
  struct Params {
    assay::Integers bins = {15};
    assay::Strings binning = {"equal_width"};
    std::string edges = "right";
  };

  static assay::Strings needs() { return {"dataset/Classes"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("bins", &Params::bins, between(1, 10000), "Numbers of bins: rows for each of them.")
        .field("binning", &Params::binning, one_of({"equal_width", "equal_mass"}),
               "Bins of equal width in [0, 1], or of equally many samples: rows for each of them.")
        .field("edges", &Params::edges, one_of({"right", "left"}),
               "The edge that belongs to a bin of equal width: (m/B, (m+1)/B] or [m/B, (m+1)/B).");
  }
  static std::vector<assay::RowInfo> rows() {
    return {{"brier", false},
            {"ece/*", false},
            {"mce/*", false},
            {"classwise_ece/*", false},
            {"overconfidence", false}};
  }

  Calibration(Params params, const assay::Info& info) : p_(std::move(params)) {
    bayes::expect_classes(info, "calibration");
    if (p_.bins.empty() || p_.binning.empty())
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`bins` and `binning` must have one entry at least");
  }

  std::vector<assay::RowInfo> declared_rows() const override {
    std::vector<assay::RowInfo> all{{"brier", false}, {"overconfidence", false}};
    for (const auto& name : {"ece/", "mce/", "classwise_ece/"})
      for (const auto& variant : variants()) all.push_back({name + variant.name, false});
    return all;
  }

  void check_size(const assay::SetInfo& set, std::int64_t samples) const override {
    if (set.has_targets) expect_samples(set.name, samples);
  }

 protected:
  void measure_set(const std::string& set, const Predictions& all,
                   assay::Measured& into) const override {
    const auto predictions = bayes::keep_answered(all, "calibration");
    if (predictions.size() == 0) return;
    const auto p = predictions.log_probability.to(torch::kDouble).exp();
    const auto y = at::one_hot(predictions.target, p.size(1)).to(torch::kDouble);
    const auto sure = std::get<0>(p.max(1)),
               right = assay::is_right(predictions).to(torch::kDouble);
    into.row(set, "brier", (p - y).square().sum(1).mean().item<double>());
    into.row(set, "overconfidence", (sure.mean() - right.mean()).item<double>());
    expect_samples(set, predictions.size());
    draw(set, sure, right, into);
    for (const auto& variant : variants()) {
      const auto binned = fill_bins(sure, right, variant);
      into.row(set, "ece/" + variant.name, compute_expected_error(binned));
      into.row(set, "mce/" + variant.name, find_largest_error(binned));
      double classwise = 0;
      for (std::int64_t k = 0; k < p.size(1); ++k)
        classwise += compute_expected_error(
            fill_bins(p.select(1, k).contiguous(), y.select(1, k).contiguous(), variant));
      into.row(set, "classwise_ece/" + variant.name, classwise / static_cast<double>(p.size(1)));
    }
  }

 private:
  void expect_samples(const std::string& set, std::int64_t samples) const {
    if (const auto most = std::ranges::max(p_.bins); samples < most)
      throw assay::Error(assay::ErrorKind::kData,
                         "the set `" + set + "` has " + std::to_string(samples) +
                             " samples, too few for " + std::to_string(most) +
                             " `bins`: use fewer bins, or a larger set",
                         "bins");
  }

  // Always of equal width: bins of equal mass have no place of their own on the axis.
  void draw(const std::string& set, const torch::Tensor& sure, const torch::Tensor& right,
            assay::Measured& into) const {
    const auto bins = p_.bins.front();
    into.document(
        "reliability_" + set + ".svg",
        draw_reliability(fill_bins(sure, right, {"", bins, false}),
                         "Reliability of " + std::to_string(sure.numel()) + " samples of " + set));
  }

  struct Variant {
    std::string name;  // "width15", "mass20"
    std::int64_t bins;
    bool equal_mass;
  };
  std::vector<Variant> variants() const {
    std::vector<Variant> all;
    for (const auto& binning : p_.binning)
      for (const auto bins : p_.bins)
        all.push_back({binning.substr(binning.find('_') + 1) + std::to_string(bins), bins,
                       binning == "equal_mass"});
    return all;
  }

  std::vector<Bin> fill_bins(const torch::Tensor& confidence, const torch::Tensor& right,
                             const Variant& variant) const {
    const auto place = variant.equal_mass
                           ? find_bins_of_equal_mass(confidence, variant.bins)
                           : find_bins_of_equal_width(confidence, variant.bins, p_.edges == "left");
    return sum_over_bins(confidence, right, place, variant.bins);
  }

  Params p_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Calibration>(
      "calibration",
      "Expected and largest calibration error (Naeini et al., AAAI 2015), by bins of equal width "
      "or mass, over the classes too; the Brier score; mean confidence less accuracy.");
}
