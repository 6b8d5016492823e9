// Forgetting events: Toneva et al., "An empirical study of example forgetting during deep neural
// network learning", ICLR 2019.
#include "assay/registry.h"
#include "selection/shared/scored.h"

namespace selection {

// Samples that were never classified correctly (-1) rank above all others.
torch::Tensor forgetting(const assay::Pool& pool) {
  return pool.forgotten.masked_fill(pool.forgotten < 0,
                                    pool.forgotten.max().item<std::int64_t>() + 1);
}

}  // namespace selection

ASSAY_PLUGIN(registry) {
  using namespace selection;
  registry.add<Scored<forgetting, {.forgotten = true}>>(
      "forgetting",
      "Selects the samples that an earlier training stage forgot most often (Toneva et al., ICLR "
      "2019).");
}
