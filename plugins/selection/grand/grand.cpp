// GraNd, of one network: Paul, Ganguli and Dziugaite, "Deep learning on a data diet", NeurIPS 2021.
#include "assay/registry.h"
#include "selection/shared/scored.h"

namespace selection {

torch::Tensor gradient_norm(const assay::Pool& pool) {
  return pool.gradients.to(torch::kDouble).norm(2, 1);
}

}  // namespace selection

ASSAY_PLUGIN(registry) {
  using namespace selection;
  registry.add<Scored<gradient_norm, {.gradients = true, .true_labels = true}>>(
      "grand",
      "Selects the samples with the largest norm of the sketched gradient (Paul, Ganguli and "
      "Dziugaite, NeurIPS 2021), of one network.");
}
