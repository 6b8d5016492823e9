#include "assay/sdk/division.h"

#include <ATen/ops/_foreach_mul.h>

namespace assay {

Division::Division(const Problem& problem, By by)
    : owners_(by == By::kTerm ? problem.owners()
                              : std::vector<int>(problem.parameters().size(), Problem::kShared)) {}

Tensors Division::part(const Tensors& list, int owner) const {
  Tensors some;
  for (std::size_t i = 0; i < list.size(); ++i)
    if (owners_[i] == owner) some.push_back(list[i]);
  return some;
}

void Division::replace(Tensors& list, int owner, const Tensors& some) const {
  auto next = some.begin();
  for (std::size_t i = 0; i < list.size(); ++i)
    if (owners_[i] == owner) list[i] = *next++;
}

std::vector<Tensors> Division::shared(const std::vector<Part>& parts) const {
  std::vector<Tensors> all;
  for (const auto& one : parts) all.push_back(part(one.gradient, Problem::kShared));
  return all;
}

void Division::set_own(Tensors& sum, const std::vector<Part>& parts,
                       const std::vector<double>& weights) const {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const int owner = static_cast<int>(parts[i].index);
    auto own = part(parts[i].gradient, owner);
    if (own.empty()) continue;
    if (!weights.empty() && weights[i] != 1) at::_foreach_mul_(own, weights[i]);
    replace(sum, owner, own);
  }
}

}  // namespace assay
