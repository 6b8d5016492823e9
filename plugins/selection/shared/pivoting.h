// Adaptive pivoting: Chen, Epperly, Tropp and Webber, "Randomly pivoted Cholesky", 2022.
#pragma once

#include "assay/schema.h"
#include "selection/shared/greedy.h"

namespace selection {

/// Draws a sample in proportion to the squared norm of the part of it that the samples before do
/// not span. Where no such part is left, it starts again with the samples that remain.
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
