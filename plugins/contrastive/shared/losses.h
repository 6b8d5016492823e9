// Contrastive losses of projections, apart from models.
#pragma once

#include <c10/core/impl/LocalDispatchKeySet.h>

#include "contrastive/shared/views.h"

namespace contrastive {

/// While it lives, products of projections have their precision, not that of autocast. All losses
/// here are computed so.
struct NoAutocast {
  c10::impl::ExcludeDispatchKeyGuard guard{c10::autocast_dispatch_keyset};
};

/// NT-Xent: Chen, Kornblith, Norouzi and Hinton, ICML 2020, eq. 1. The loss of each of the 2 B
/// projections, the first views before the second ones: -log(exp(s_ip / t) / sum_{j != i} exp(s_ij
/// / t)), with cosines s, the other view p of i, and the temperature t.
torch::Tensor nt_xent(const Pair& z, double temperature);

/// Khosla et al., "Supervised contrastive learning", NeurIPS 2020, eq. 2 (L_out). As nt_xent(),
/// with the mean over all other projections of the same class; `target` is [B].
torch::Tensor supervised_contrastive(const Pair& z, const torch::Tensor& target,
                                     double temperature);

/// The cosine of each row of `a` with that of `b`: [B].
torch::Tensor cosine(const torch::Tensor& a, const torch::Tensor& b);

/// Zbontar, Jing, Misra, LeCun and Deny, "Barlow twins", ICML 2021, eq. 1: of the correlations C of
/// the dimensions over the batch, with biased variances + 1e-5.
struct Correlations {
  torch::Tensor on_diagonal;   // sum_i (1 - C_ii)^2
  torch::Tensor off_diagonal;  // sum_{i != j} C_ij^2
};
Correlations correlate(const Pair& z);

/// Bardes, Ponce and LeCun, "VICReg", ICLR 2022, without weights, as the published code, which also
/// divides the invariance by d and halves the variance of eqs. 5 and 6: the mean squared
/// difference; the mean over dimensions and views of max(0, 1 - sqrt(variance + 1e-4)), with
/// unbiased variances; the sum over the views of the squared covariances of other dimensions,
/// divided by d.
struct Regularized {
  torch::Tensor invariance, variance, covariance;
};
Regularized regularize(const Pair& z);

}  // namespace contrastive
