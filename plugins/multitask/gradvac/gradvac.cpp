// GradVac: Wang, Tsvetkov, Firat and Cao, "Gradient Vaccine: Investigating and Improving Multi-task
// Optimization in Massively Multilingual Models", ICLR 2021.
#include <algorithm>
#include <cmath>

#include "assay/registry.h"
#include "assay/sdk/combination.h"
#include "assay/sdk/rule.h"

namespace {

struct Params : assay::Rule::Params {
  double beta = 0.5;
};

constexpr double kLargest = 1 - 1e-6;  // cosine asked for: 1 would take an infinite multiple of g_j

// A gradient as a row of coefficients of all of them.
class Row {
 public:
  Row(const assay::Gram& gram, std::size_t i) : gram_(gram), at_(gram.size()) { at_[i] = 1; }

  double with(std::size_t j) const {
    double sum = 0;
    for (std::size_t k = 0; k < at_.size(); ++k) sum += at_[k] * gram_(k, j);
    return sum;
  }
  double length() const {
    double square = 0;
    for (std::size_t k = 0; k < at_.size(); ++k) square += at_[k] * with(k);
    return std::sqrt(std::max(0.0, square));
  }
  void add(std::size_t j, double multiple) { at_[j] += multiple; }
  const std::vector<double>& coefficients() const { return at_; }

 private:
  const assay::Gram& gram_;
  std::vector<double> at_;
};

class GradVac final : public assay::Rule {
 public:
  using Params = ::Params;

  static assay::Schema<Params> schema() {
    using namespace assay;
    return add_fields(
        Schema<Params>().field(
            "beta", &Params::beta, between(0, 1),
            "Weight of the current cosine in the moving average that is the target cosine; 0: "
            "`pcgrad`."),
        "Optimizer that takes the step with the sum of the gradients.");
  }

  explicit GradVac(Params params) : Rule(params, "gradvac"), p_(std::move(params)) {}

  void save(assay::State& state) const override {
    state.put("rho_hat", rho_hat_);
    Rule::save(state);
  }
  void load(const assay::State& state) override {
    rho_hat_ = state.scalar<assay::Reals>("rho_hat");
    Rule::load(state);
  }

 private:
  std::unique_ptr<assay::ProblemView> view(assay::Problem& problem) override {
    next_.clear();
    const auto count = parts(problem).size();
    if (rho_hat_.empty()) rho_hat_.assign(count * count, 0);
    return std::make_unique<assay::Combination>(
        problem, by(), "gradvac",
        [this, count, rng = problem.rng().fork("gradvac")](const assay::PresentParts& terms) {
          auto moved = rho_hat_;
          auto w = vaccinated(terms, count, rng, moved);
          if (next_.empty()) next_ = std::move(moved);
          return w;
        });
  }

  void after_step(assay::Problem&) override {
    if (!next_.empty()) rho_hat_ = std::move(next_);
  }

  // The weights of the sum of all g_i, each turned towards every g_j from which it has strayed.
  std::vector<double> vaccinated(const assay::PresentParts& terms, std::size_t all,
                                 const assay::Rng& rng, assay::Reals& moved) const {
    const auto count = terms.index.size();
    std::vector<double> sum(count);
    for (std::size_t i = 0; i < count; ++i) {
      Row g(terms.gram, i);
      for (const auto j : assay::shuffled_without(i, count, rng.fork(i))) {
        const double length = g.length(), other = std::sqrt(terms.gram(j, j));
        if (length == 0) break;
        const double rho = std::clamp(g.with(j) / (length * other), -1.0, 1.0);
        double& rho_hat = moved[terms.index[i] * all + terms.index[j]];
        const double target = std::min(rho_hat, kLargest);
        if (rho < target) {
          const double sine = std::sqrt(1 - target * target);
          g.add(j, length * (target * std::sqrt(1 - rho * rho) - rho * sine) / (other * sine));
        }
        rho_hat += p_.beta * (rho - rho_hat);
      }
      for (std::size_t k = 0; k < count; ++k) sum[k] += g.coefficients()[k];
    }
    return sum;
  }

  Params p_;
  assay::Reals rho_hat_;  // K x K, of the pairs (i, j)
  assay::Reals next_;     // rho_hat after this step: of the first gradient that the base asks for
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<GradVac>(
      "gradvac",
      "Gradient vaccine (Wang et al., ICLR 2021): rotates the gradient of each term towards "
      "the others until their cosine reaches its moving average.");
}
