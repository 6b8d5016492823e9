// Sketchy Moment Matching: Dong, Phan, Pan and Lei, "Sketchy Moment Matching: Toward Fast and
// Provable Data Selection for Finetuning", NeurIPS 2024.
#pragma once

#include "assay/registry.h"
#include "methods/leverage.h"

namespace selection {

class Skmm final : public assay::Selector {
 public:
  struct Params {
    double c = 0.999;
    std::string take = "sampled";
    std::string recipe = "exact";
    double gap = 1e-8;
    std::int64_t steps = 20000;
    double lr = 1e-5;
  };
  static assay::Schema<Params> schema();
  explicit Skmm(const Params& params) : p_(params) {}
  Needs needs() const override {
    const bool apart = p_.take == "top_per_class";
    return {.label = apart, .gradients = true, .every_class = apart};
  }
  std::optional<Choice> step(std::int64_t, const assay::Pool& pool, std::int64_t n,
                             const assay::Context& context) override;

 private:
  torch::Tensor solve(const assay::Pool& pool, std::int64_t n, const assay::Context& context) const;
  Params p_;
};

/// The optimal design of the authors' later code, not in the paper: begins with randomly pivoted
/// samples, and adds the one that lowers tr(Sigma Sigma_S^-1) the most.
class SkmmGreedy final : public Greedy {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  explicit SkmmGreedy(const Params&) {}
  Needs needs() const override { return {.gradients = true}; }

 private:
  void start(const assay::Pool& pool, const Places& chosen, std::int64_t n) override;
  void refresh(const assay::Pool& pool, const Places& chosen) override;
  std::int64_t next(const assay::Pool& pool, const Places& chosen,
                    const assay::Context& context) override;
  void add(std::int64_t place);

  AdaptivePivoting pivoting_{{"gradients"}};
  std::int64_t pivoted_ = 0;  // samples to begin with
  torch::Tensor f_, r_;       // [N, m]; R of its QR: Sigma = R^T R / N
  torch::Tensor qf_, rqf_;    // Q f and R Q f of each sample, Q = (F_S^T F_S)^-1
};

}  // namespace selection
