// Registers the datasets of this folder: what they share is in spurious_images.
#include "assay/registry.h"
#include "colored.h"
#include "spurious_patch.h"

ASSAY_PLUGIN(registry) {
  registry.add<Colored>(
      "colored",
      "Grayscale images painted in a color that correlates with the class, like colored MNIST "
      "in invariant risk minimization (Arjovsky et al., 2019).");
  registry.add<SpuriousPatch>("spurious_patch",
                              "Images with a bright square in a corner that correlates with the "
                              "class, a spurious shortcut as in BadNets (Gu et al., 2017).");
}
