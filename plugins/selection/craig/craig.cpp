// CRAIG: Mirzasoleiman, Bilmes and Leskovec, "Coresets for data-efficient training of machine
// learning models", ICML 2020.
#include "assay/registry.h"
#include "selection/craig/facilities.h"
#include "selection/shared/per_class.h"

namespace selection {

class Craig final : public PerClass {
 public:
  struct Params {
    bool per_class = true;
  };
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().field("per_class", &Params::per_class, assay::any(), kPerClass);
  }
  explicit Craig(const Params& params) : PerClass(params.per_class) {}

 private:
  Choice among(const torch::Tensor& x, std::int64_t n) const override { return facilities(x, n); }
};

}  // namespace selection

ASSAY_PLUGIN(registry) {
  registry.add<selection::Craig>(
      "craig",
      "Weighted samples whose gradients are near those of all (Mirzasoleiman, Bilmes and Leskovec, "
      "ICML 2020).");
}
