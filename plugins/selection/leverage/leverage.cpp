// Selection by leverage scores, drawn or the highest.
#include "assay/registry.h"
#include "selection/leverage/scores.h"
#include "selection/shared/rows.h"

namespace selection {

class Leverage final : public assay::Selector {
 public:
  struct Params {
    std::string of = "features";
    double alpha = 0;
    std::int64_t rank = 0;
    bool highest = false;
  };
  static assay::Schema<Params> schema();
  explicit Leverage(const Params& params);
  Needs needs() const override { return needs_of(p_.of); }
  std::optional<Choice> step(std::int64_t, const assay::Pool& pool, std::int64_t n,
                             const assay::Context& context) override;

 private:
  Params p_;
};

assay::Schema<Leverage::Params> Leverage::schema() {
  using namespace assay;
  return Schema<Params>()
      .field("of", &Params::of, one_of({"features", "gradients"}), kOf)
      .field("alpha", &Params::alpha, at_least(0),
             "Ridge added to each squared singular value; 0: plain leverage.")
      .field("rank", &Params::rank, at_least(0),
             "Number of the largest singular values that count, without a ridge; 0: all.")
      .field("highest", &Params::highest, any(),
             "Selects the highest scores, instead of drawing in proportion to them.");
}

Leverage::Leverage(const Params& params) : p_(params) {
  if (p_.alpha > 0 && p_.rank > 0)
    throw assay::Error(assay::ErrorKind::kParameter,
                       "`alpha` and `rank` exclude each other: give one of them");
}

std::optional<assay::Selector::Choice> Leverage::step(std::int64_t, const assay::Pool& pool,
                                                      std::int64_t n,
                                                      const assay::Context& context) {
  const torch::NoGradGuard no_grad;
  const auto scores = leverage_scores(rows_of(pool, p_.of), p_.alpha, p_.rank);
  return Choice{p_.highest ? highest(scores, n) : drawn(scores, n, context.rng)};
}

}  // namespace selection

ASSAY_PLUGIN(registry) {
  registry.add<selection::Leverage>(
      "leverage", "Selects samples by leverage: plain, truncated, or with a ridge.");
}
