// GraNd, of one network: Paul, Ganguli and Dziugaite, "Deep learning on a data diet", NeurIPS 2021.
#include "assay/registry.h"
#include "selection/shared/scored.h"

namespace selection {

torch::Tensor gradient_norm(const assay::Pool& pool) {
  return pool.norms;
}

}  // namespace selection

ASSAY_PLUGIN(registry) {
  using namespace selection;
  registry.add<Scored<gradient_norm, {.norms = true, .true_labels = true}>>(
      "grand",
      "Selects the samples with the largest norm of the gradient of their own loss (Paul, Ganguli "
      "and Dziugaite, NeurIPS 2021), of one network.");
}
