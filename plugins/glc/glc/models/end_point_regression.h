// Regression by the end point of dynamic in-line coordinates.
#pragma once

#include "assay/registry.h"
#include "lines/steps.h"

namespace glc {

class EndPointRegression final : public assay::Model, public assay::Fitted, public assay::Legible {
 public:
  struct Params {
    std::string method = "least_squares";
    std::int64_t pieces = 5;
  };
  static assay::Schema<Params> schema();

  EndPointRegression(const Params& params, const assay::Info& info);
  assay::Output forward(const torch::Tensor& input) override;
  std::int64_t steps() const override { return 1; }
  bool fit(std::int64_t, const assay::Samples& samples, const assay::Context&) override;
  std::map<std::string, std::string> documents(const std::vector<assay::Samples>& splits) override;

 private:
  std::string to_cpp(const std::vector<double>& at, const std::vector<double>& value) const;

  Params p_;
  assay::Strings columns_;
  torch::Tensor weight_, bias_;  // [columns], [] double: of least squares
  torch::Tensor at_, value_;     // [pieces] double; empty with least_squares
};

}  // namespace glc
