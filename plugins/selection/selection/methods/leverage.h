// Selections by how much a sample's direction counts in a linear model of features or gradients.
#pragma once

#include "assay/registry.h"
#include "methods/coverage.h"

namespace selection {

/// l_i = sum_j u_ij^2 s_j^2 / (s_j^2 + alpha) for x = U S V^T [N, D]: the ridge leverage of each
/// row. With alpha 0 and a `rank`, of the largest so many directions alone; 0: of all that are not
/// zero.
torch::Tensor leverage_scores(const torch::Tensor& x, double alpha, std::int64_t rank);

/// Drawn without replacement in proportion to leverage scores, or the highest of them.
class Leverage final : public assay::Selector {
 public:
  struct Params {
    std::string of = "features";
    double alpha = 0;
    std::int64_t rank = 0;
    bool highest = false;
  };
  static assay::Schema<Params> schema();
  explicit Leverage(const Params& params);
  Needs needs() const override;
  std::optional<Choice> step(std::int64_t, const assay::Pool& pool, std::int64_t n,
                             const assay::Context& context) override;

 private:
  Params p_;
};

/// Chen, Epperly, Tropp and Webber, "Randomly pivoted Cholesky", 2022, on the rows: a sample is
/// drawn in proportion to the square of what the samples before it do not span of it. Where nothing
/// is left, it begins anew with the rest.
class AdaptivePivoting final : public Greedy {
 public:
  struct Params {
    std::string of = "features";
  };
  static assay::Schema<Params> schema();
  explicit AdaptivePivoting(const Params& params) : p_(params) {}
  Needs needs() const override;

  void start(const assay::Pool& pool, const Places& chosen, std::int64_t n) override;
  std::int64_t next(const assay::Pool& pool, const Places& chosen,
                    const assay::Context& context) override;

 private:
  torch::Tensor weights(const Places& chosen);
  void take(std::int64_t place);

  Params p_;
  torch::Tensor whole_, rest_;  // [N, D]; what those that are chosen do not span of it
  double all_ = 0;              // sum of squares of `whole_`
};

}  // namespace selection
