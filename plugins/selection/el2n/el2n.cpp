// EL2N: Paul, Ganguli and Dziugaite, "Deep learning on a data diet", NeurIPS 2021.
#include "assay/registry.h"
#include "selection/shared/scored.h"

using namespace selection;

ASSAY_PLUGIN(registry) {
  registry.add<Scored<el2n, {.label = true, .logits = true}>>(
      "el2n",
      "Selects the samples with the largest error of the probabilities (Paul, Ganguli and "
      "Dziugaite, \"Deep learning on a data diet\", NeurIPS 2021).");
}
