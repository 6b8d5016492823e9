// Division: the parameters that all terms share, and those that belong to one term alone.
#pragma once

#include "assay/optimizer.h"

namespace assay {

/// Divides lists of one tensor per parameter by the owner of the parameter.
class Division {
 public:
  /// By Problem::owners() for terms. All parameters are shared by groups.
  Division(const Problem& problem, By by);

  /// The tensors of the parameters of `owner`, a term's index or Problem::kShared, in order.
  Tensors part(const Tensors& list, int owner) const;
  /// Puts `some`, which is like part(list, owner), in its place in `list`.
  void replace(Tensors& list, int owner, const Tensors& some) const;

  /// The gradient of each part on the shared parameters.
  std::vector<Tensors> shared(const std::vector<Part>& parts) const;
  /// Gives the parameters of one term alone, in `sum`, the gradient of that term, times its weight;
  /// without weights, the gradient itself.
  void set_own(Tensors& sum, const std::vector<Part>& parts,
               const std::vector<double>& weights = {}) const;

 private:
  std::vector<int> owners_;
};

}  // namespace assay
