// Dynamic in-line coordinates: each value, times its weight, is laid end to end on a line; where
// the last one ends tells the class.
#pragma once

#include "lines/documents.h"
#include "lines/weights.h"
#include "models/rule_model.h"

namespace glc {

class EndPoint final : public assay::Model, public assay::Fitted, public assay::Legible {
 public:
  struct Params {
    std::string weights = "lda";
    std::string cut = "best";
    double c = 1;
    std::int64_t tries = 500;
  };
  static assay::Schema<Params> schema();

  EndPoint(const Params& params, const assay::Info& info);
  assay::Output forward(const torch::Tensor& input) override;
  std::int64_t steps() const override;
  bool fit(std::int64_t step, const assay::Samples& samples,
           const assay::Context& context) override;
  std::map<std::string, std::string> documents(const std::vector<assay::Samples>& splits) override;
  /// Of two classes: the weights of the end point, and where it is cut.
  std::vector<double> direction() const;
  double cut_at() const;

 private:
  Lines start(const torch::Tensor& x, const torch::Tensor& y) const;
  void try_other(std::int64_t step, const torch::Tensor& x, const torch::Tensor& y,
                 const assay::Context& context);
  void cut(const torch::Tensor& x, const torch::Tensor& y);
  LineModel lines() const;

  Params p_;
  Rules names_;
  torch::Tensor weight_;  // [classes, columns] double; with two classes the first line is 0
  torch::Tensor bias_;    // [classes] double
  torch::Tensor scale_;   // [] double, of the scores as logits
};

}  // namespace glc
