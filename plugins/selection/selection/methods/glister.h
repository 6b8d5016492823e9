// Killamsetty, Sivasubramanian, Ramakrishnan and Iyer, "GLISTER: generalization based data subset
// selection for efficient and robust learning", AAAI 2021.
#pragma once

#include "methods/coverage.h"

namespace selection {

/// The sample whose step lowers the validation loss most, to first order, in the last layer; after
/// each the validation split's answers move by a step of size `lr`.
class Glister final : public Greedy {
 public:
  struct Params {
    double lr = 0.01;
  };
  static assay::Schema<Params> schema();
  explicit Glister(const Params& params) : p_(params) {}
  Needs needs() const override {
    return {.label = true, .features = true, .logits = true, .validation = true};
  }

 private:
  void start(const assay::Pool& pool, const Places& chosen, std::int64_t n) override;
  std::int64_t next(const assay::Pool& pool, const Places& chosen,
                    const assay::Context& context) override;
  void move(std::int64_t place);

  Params p_;
  torch::Tensor x_, error_;          // [N, D + 1] with a one, [N, C]: p - y
  torch::Tensor seen_, logits_, y_;  // of validation: [V, D + 1], [V, C], [V, C]
};

}  // namespace selection
