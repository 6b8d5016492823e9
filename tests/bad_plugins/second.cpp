// A plugin that calls into a LibTorch of its own.
#include "assay/registry.h"

extern "C" int of_another_libtorch();

ASSAY_PLUGIN(registry) {
  registry.insert(
      {.kind = "optimizer", .name = "second", .doc = of_another_libtorch() == 1 ? "Fine." : ""});
}
