#include "assay/sdk/division.h"

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

}  // namespace assay
