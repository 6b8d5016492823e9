// Registers the datasets of this folder: what they share is in spurious_images.
#include "assay/registry.h"
#include "colored.h"
#include "spurious_patch.h"

ASSAY_PLUGIN(registry) {
  registry.add<Colored>("colored",
                        "Grey images in a colour that goes along with the class, as coloured MNIST "
                        "in Invariant Risk Minimization (Arjovsky et al., 2019).");
  registry.add<SpuriousPatch>("spurious_patch",
                              "Images with a bright square in a corner that goes along with the "
                              "class, an unrelated shortcut as in BadNets (Gu et al., 2017).");
}
