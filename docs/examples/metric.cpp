// Example of a metric: the expected calibration error of Guo, Pleiss, Sun and Weinberger, "On
// Calibration of Modern Neural Networks", ICML 2017, equation 3.
#include <cmath>

#include "assay/metric.h"
#include "assay/registry.h"

namespace {

class CalibrationError final : public assay::SetMetric<CalibrationError> {
 public:
  struct Params {
    std::int64_t bins = 15;
  };
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field("bins", &Params::bins, assay::at_least(1),
                                         "Number of bins of equal width for the confidence.");
  }
  static assay::Strings needs() { return {"dataset/Classes"}; }
  // All rows that it may give: a misspelt `monitor` or `report.metric` is refused by these names.
  static std::vector<assay::RowInfo> rows() { return {{"ece", /*higher_is_better=*/false}}; }

  CalibrationError(const Params& params, const assay::Info& info) : bins_(params.bins) {
    if (info.classes == 0)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "measures probabilities of classes: use a classification dataset");
  }

 protected:
  void measure_set(const std::string& set, const assay::Predictions& predictions,
                   assay::Measured& into) const override {
    if (!predictions.log_probability.defined())
      throw assay::Error(assay::ErrorKind::kParameter,
                         "needs probabilities, which the model does not give");
    const auto confidence =
        std::get<0>(predictions.log_probability.to(torch::kDouble).exp().max(1));
    const auto right = assay::is_right(predictions).to(torch::kDouble);
    const auto bin = (confidence * bins_).ceil().clamp(1, bins_);
    double error = 0;
    for (std::int64_t b = 1; b <= bins_; ++b) {
      const auto difference = (right - confidence).masked_select(bin == b).sum();
      error += std::abs(difference.item<double>());
    }
    into.row(set, "ece", error / static_cast<double>(predictions.size()));
  }

 private:
  std::int64_t bins_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<CalibrationError>(
      "calibration_error",
      "Expected calibration error of the predictions (Guo et al., ICML 2017).");
}
