#include "selection/shared/rows.h"

#include "assay/error.h"

namespace selection {

using assay::Error;
using assay::ErrorKind;

assay::Selector::Needs needs_of(const std::string& of) {
  return {.features = of == "features", .gradients = of == "gradients"};
}

torch::Tensor rows_of(const assay::Pool& pool, const std::string& of) {
  return (of == "features" ? pool.features : pool.gradients).to(torch::kDouble);
}

torch::Tensor checked_gradients(const torch::Tensor& gradients) {
  const auto x = gradients.to(torch::kDouble).cpu();
  if (!x.isfinite().all().item<bool>()) throw Error(ErrorKind::kData, "a gradient is not finite");
  if (x.count_nonzero().item<std::int64_t>() == 0)
    throw Error(ErrorKind::kData,
                "every gradient is zero: the loss does not depend on the selected parameters");
  return x;
}

}  // namespace selection
