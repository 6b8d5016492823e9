// GRAD-MATCH: Killamsetty, Sivasubramanian, Ramakrishnan, De and Iyer, "GRAD-MATCH: gradient
// matching based data subset selection", ICML 2021.
#include "assay/registry.h"
#include "selection/grad_match/pursuit.h"
#include "selection/shared/per_class.h"

namespace selection {

class GradMatch final : public PerClass {
 public:
  struct Params {
    bool per_class = true;
    double ridge = 0.5;
  };
  static assay::Schema<Params> schema();
  explicit GradMatch(const Params& params) : PerClass(params.per_class), ridge_(params.ridge) {}

 private:
  Choice among(const torch::Tensor& x, std::int64_t n) const override {
    return pursuit(x, x.sum(0), n, ridge_);
  }
  double ridge_;
};

assay::Schema<GradMatch::Params> GradMatch::schema() {
  return assay::Schema<Params>()
      .field("per_class", &Params::per_class, assay::any(), kPerClass)
      .field("ridge", &Params::ridge, assay::at_least(0),
             "Penalty on the squared weights, in units of the largest squared gradient norm.");
}

}  // namespace selection

ASSAY_PLUGIN(registry) {
  registry.add<selection::GradMatch>(
      "grad_match",
      "Weighted samples whose gradients add up to that of all (Killamsetty et al., ICML 2021).");
}
