#include "assay/registry.h"
#include "selection/shared/pivoting.h"

ASSAY_PLUGIN(registry) {
  registry.add<selection::AdaptivePivoting>(
      "adaptive_pivoting",
      "Draws each sample by the part of it that the samples before do not span (Chen, Epperly, "
      "Tropp and Webber, 2022).");
}
