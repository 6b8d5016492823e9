// A plugin that calls into a LibTorch of its own.
#include "assay/registry.h"

extern "C" int of_another_libtorch();

ASSAY_PLUGIN(registry) {
  registry.insert({"optimizer", "second", of_another_libtorch() == 1 ? "Fine." : "", {}, {}, {}, {}, {}, {}});
}
