// Sketchy Moment Matching: Dong, Phan, Pan and Lei, "Sketchy Moment Matching: Toward Fast and
// Provable Data Selection for Finetuning", NeurIPS 2024.
#include <algorithm>
#include <set>
#include <sstream>

#include <ATen/ops/rand.h>

#include "assay/registry.h"
#include "assay/selector.h"
#include "selection/shared/places.h"
#include "selection/skmm/moments/program.h"
#include "selection/skmm/moments/published.h"
#include "selection/skmm/moments/vision.h"

namespace selection {

using assay::Pool;
using Choice = assay::Selector::Choice;

class Skmm final : public assay::Selector {
 public:
  struct Params {
    double c = 0.999;
    std::string take = "sampled";
    std::string recipe = "exact";
    double gap = 1e-8;
    std::int64_t steps = 0;
    double lr = 0;
    double sparsity = 1e-3;
    bool squared = false;
    std::string simplex = "sort";
  };
  static assay::Schema<Params> schema();
  explicit Skmm(const Params& params);
  Needs needs() const override {
    const bool apart = p_.take == "top_per_class";
    return {.label = apart, .gradients = true, .every_class = apart};
  }
  std::optional<Choice> step(std::int64_t, const assay::Pool& pool, std::int64_t n,
                             const assay::Context& context) override;

 private:
  torch::Tensor solve(const assay::Pool& pool, const Places& begin,
                      const assay::Context& context) const;
  Places select_by_weights(const torch::Tensor& s, const assay::Pool& pool, std::int64_t n,
                           const assay::Rng& rng) const;
  double learning_rate(double published) const { return p_.lr > 0 ? p_.lr : published; }
  std::int64_t steps(std::int64_t usual) const { return p_.steps > 0 ? p_.steps : usual; }
  Params p_;
};

namespace {

std::string format_stop(const MomentProgram::Solution& found) {
  std::ostringstream text;
  text << "the moment-matching solver stopped after " << found.steps << " steps with a gap of "
       << found.gap;
  return text.str();
}

}  // namespace

assay::Schema<Skmm::Params> Skmm::schema() {
  using namespace assay;
  return Schema<Params>()
      .field("c", &Params::c, {.low = 0, .high = 1, .open_low = true},
             "Constraint: the second moments of the selection are at least those of the pool "
             "divided by c.")
      .field("take", &Params::take, one_of({"sampled", "top", "top_per_class"}),
             "How samples are chosen by their weights: drawn without replacement in proportion to "
             "them; the highest; or the highest per class, in proportion to the class size.")
      .field(
          "recipe", &Params::recipe, one_of({"exact", "published", "vision"}),
          "How the moment-matching problem is solved: to a certified gap; by Adam, without "
          "projection, as in the authors' synthetic experiment; or by Adam on another objective, "
          "as in their experiments on images.")
      .field("gap", &Params::gap, above(0),
             "For `exact`: largest gap to the minimum, relative to the value with all weights at "
             "zero.")
      .field("steps", &Params::steps, at_least(0),
             "Number of steps of Adam, or for `exact` the largest number of steps; 0: 20000 for "
             "`exact`, and the authors' 10000 for `published` and 2000 for `vision`.")
      .field("lr", &Params::lr, at_least(0),
             "For `published` and `vision`: learning rate of Adam; 0: the authors' 1e-5 and 1e-2.")
      .field("sparsity", &Params::sparsity, at_least(0),
             "For `vision`: weight of the term 1 / |s|, which makes the weights s sparse.")
      .field(
          "squared", &Params::squared, any(),
          "For `vision`: takes the moments with the squares of the weights, as the authors' code "
          "does, instead of the weights.")
      .field("simplex", &Params::simplex, one_of({"sort", "softmax", "logits"}),
             "For `vision`: how the weights stay at least 0 with the sum 1: projected after each "
             "step, replaced by their softmax after each step, or as the softmax of what Adam "
             "changes.");
}

// A parameter that the recipe does not read would be ignored.
Skmm::Skmm(const Params& params) : p_(params) {
  const Params usual;
  const auto check = [&](const char* name, bool given, const char* recipe, bool read) {
    if (given && !read)
      throw assay::Error(assay::ErrorKind::kParameter,
                         std::string("`") + name + "` belongs to `recipe: " + recipe +
                             "`, but the recipe is `" + p_.recipe + "`: leave it out");
  };
  const bool exact = p_.recipe == "exact", vision = p_.recipe == "vision";
  check("gap", p_.gap != usual.gap, "exact", exact);
  check("lr", p_.lr != usual.lr, "published` or `vision", !exact);
  check("sparsity", p_.sparsity != usual.sparsity, "vision", vision);
  check("squared", p_.squared != usual.squared, "vision", vision);
  check("simplex", p_.simplex != usual.simplex, "vision", vision);
}

// From the selection `begin`. Of the many best s those near it are nearly selections themselves;
// those near s_i = 1/N are not, and drawing from them undoes what was matched.
torch::Tensor Skmm::solve(const Pool& pool, const Places& begin,
                          const assay::Context& context) const {
  const auto moments = moments_of(pool.gradients);
  const auto n = std::ssize(begin);
  auto s = at::zeros({pool.size}, torch::TensorOptions(torch::kDouble));
  s.index_fill_(0, tensor_of(begin), 1 / static_cast<double>(n));
  if (p_.recipe == "exact") {
    const auto found = MomentProgram(moments, n, p_.c).solve(s, p_.gap, steps(20000));
    if (found.gap > p_.gap) context.note(format_stop(found));
    return found.s;
  }
  if (p_.recipe == "vision")
    return vision_moments(
        moments, {p_.c, learning_rate(1e-2), steps(2000), p_.sparsity, p_.squared, p_.simplex}, s);
  const auto u = at::rand({moments.mean.size(0)}, context.rng.fork("gamma").generator(),
                          torch::TensorOptions(torch::kDouble));
  return published_moments(moments, n, p_.c, learning_rate(1e-5), steps(10000), s,
                           1 / p_.c + u * (1 - 1 / p_.c));
}

Places Skmm::select_by_weights(const torch::Tensor& s, const Pool& pool, std::int64_t n,
                               const assay::Rng& rng) const {
  if (p_.take == "sampled") return drawn(s, n, rng);
  if (p_.take == "top") return highest(s, n);
  return highest_per_class(s, pool.label, pool.classes, n);
}

std::optional<Choice> Skmm::step(std::int64_t, const Pool& pool, std::int64_t n,
                                 const assay::Context& context) {
  const torch::NoGradGuard no_grad;
  const auto begin = drawn_evenly(pool.size, n, context.rng.fork("begin"));
  auto places = select_by_weights(solve(pool, begin, context), pool, n, context.rng.fork("drawn"));
  const std::set<std::int64_t> drawn_at_first(begin.begin(), begin.end());
  const auto kept = std::count_if(places.begin(), places.end(),
                                  [&](auto place) { return drawn_at_first.contains(place); });
  context.note(std::to_string(kept) + " of the " + std::to_string(n) +
               " selected samples are among those drawn at random that the solver started at");
  return Choice{std::move(places)};
}

}  // namespace selection

ASSAY_PLUGIN(registry) {
  registry.add<selection::Skmm>("skmm",
                                "Sketchy Moment Matching (Dong, Phan, Pan and Lei, NeurIPS 2024).");
}
