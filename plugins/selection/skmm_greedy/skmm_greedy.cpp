// Greedy optimal design on sketched gradients, from the later code of the authors of SkMM; it is
// not in their paper.
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_inv.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/mv.h>

#include "assay/registry.h"
#include "selection/shared/pivoting.h"
#include "selection/shared/rows.h"

namespace selection {

using assay::Pool;

/// Starts with randomly pivoted samples, then adds the one that lowers tr(Sigma Sigma_S^-1) most.
class SkmmGreedy final : public Greedy {
 public:
  struct Params {};
  static assay::Schema<Params> schema() { return {}; }
  explicit SkmmGreedy(const Params&) {}
  Needs needs() const override { return {.gradients = true}; }

 private:
  void start(const assay::Pool& pool, const Places& chosen, std::int64_t n) override;
  void refresh(const assay::Pool& pool, const Places& chosen) override;
  std::int64_t next(const assay::Pool& pool, const Places& chosen,
                    const assay::Context& context) override;
  void add(std::int64_t place);

  AdaptivePivoting pivoting_{{"gradients"}};
  std::int64_t pivoted_ = 0;  // samples to start with
  torch::Tensor f_, r_;       // [N, m]; R of its QR: Sigma = R^T R / N
  torch::Tensor qf_, rqf_;    // Q f and R Q f of each sample, Q = (F_S^T F_S)^-1
};

void SkmmGreedy::start(const Pool& pool, const Places& chosen, std::int64_t n) {
  f_ = checked_gradients(pool.gradients);
  r_ = std::get<1>(at::linalg_qr(f_));
  const auto m = f_.size(1);
  pivoted_ = std::max<std::int64_t>(1, n - m < 20 ? std::max(n - 20, n / 2) : m);
  if (std::ssize(chosen) < pivoted_) pivoting_.start(pool, chosen, pivoted_);
}

void SkmmGreedy::refresh(const Pool&, const Places& chosen) {
  qf_ = torch::Tensor();
  if (std::ssize(chosen) < pivoted_) return;
  const auto own = f_.index_select(0, tensor_of(chosen));
  const auto gram = own.t().matmul(own);
  const double ridge = 1e-9 * gram.diagonal().mean().item<double>();
  qf_ = f_.matmul(at::linalg_inv(gram + ridge * at::eye(f_.size(1), f_.options())));
  rqf_ = qf_.matmul(r_.t());
}

// Of (F_S^T F_S + f f^T)^-1 the trace with Sigma falls by |R Q f|^2 / (1 + f Q f) / N.
std::int64_t SkmmGreedy::next(const Pool& pool, const Places& chosen,
                              const assay::Context& context) {
  if (std::ssize(chosen) < pivoted_) return pivoting_.next(pool, chosen, context);
  if (!qf_.defined()) refresh(pool, chosen);
  const auto scores = rqf_.square().sum(1) / (1 + (qf_ * f_).sum(1));
  const auto place = best(scores, chosen);
  add(place);
  return place;
}

// Q - q q^T / (1 + f q), q = Q f (Sherman and Morrison), for Q f and R Q f of every sample.
void SkmmGreedy::add(std::int64_t place) {
  const auto q = qf_[place].clone(), rq = rqf_[place].clone();
  const auto along = at::mv(f_, q);
  const double scale = -1 / (1 + along[place].item<double>());
  qf_.addr_(along, q, 1, scale);
  rqf_.addr_(along, rq, 1, scale);
}

}  // namespace selection

ASSAY_PLUGIN(registry) {
  registry.add<selection::SkmmGreedy>(
      "skmm_greedy",
      "Greedy optimal design on sketched gradients, from the later code of SkMM's authors.");
}
