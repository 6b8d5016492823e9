// An optimizer per group of parameters: other weight decay on norms, two optimizers in one
// training.
#include <algorithm>

#include "assay/parameter_group.h"
#include "assay/registry.h"
#include "assay/sdk/problem_view.h"
#include "assay/sdk/weights.h"

namespace {

using assay::Error;
using assay::ErrorKind;

class Parameters final : public assay::ParameterGroup {
 public:
  struct Params {
    assay::Strings names;
    std::shared_ptr<assay::Optimizer> optimizer;
  };

  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("names", &Params::names, any(),
               "Patterns of parameter names, such as `*.bias`; empty: all that no other group "
               "takes.")
        .component("optimizer", &Params::optimizer, "sgd", "Optimizer of these parameters.");
  }

  explicit Parameters(Params params) : p_(std::move(params)) {}

  std::vector<bool> taken(const std::vector<std::string>& names) const override {
    assay::check_patterns(p_.names, names, "names");
    std::vector<bool> taken;
    for (const auto& name : names)
      if (!p_.names.empty()) taken.push_back(assay::matches_any(name, p_.names));
    return taken;
  }
  assay::Optimizer& optimizer() override { return *p_.optimizer; }

 private:
  Params p_;
};

// Some parameters of a problem whose gradient is known.
class Some final : public assay::CombinedGradient {
 public:
  Some(assay::Problem& inner, const std::vector<std::size_t>& chosen, std::size_t group)
      : CombinedGradient(inner, "grouped"), rng_(inner.rng().fork("group").fork(group)) {
    const auto roles = inner.roles();
    for (const auto i : chosen) {
      if (!roles.empty()) roles_.push_back(roles[i]);
      parameters_.push_back(inner.parameters()[i]);
      names_.push_back(inner.parameter_names()[i]);
      owners_.push_back(kShared);
    }
  }

  /// The part of the step's gradient, which is clipped as a whole.
  void give(double loss, assay::Tensors gradient) {
    gradient_ = {loss, std::move(gradient)};
    for (const auto& w : parameters_) versions_.push_back(w._version());
  }

  const assay::Tensors& parameters() const override { return parameters_; }
  const std::vector<std::string>& parameter_names() const override { return names_; }
  const std::vector<int>& owners() const override { return owners_; }
  std::vector<assay::Role> roles() const override { return roles_; }
  const assay::Rng& rng() const override { return rng_; }
  double largest_norm() const override { return 0; }
  double loss() override { refuse_again(); }
  assay::Gradient raw_gradient() override {
    bool moved = false;
    for (std::size_t i = 0; i < versions_.size(); ++i)
      moved = moved || parameters_[i]._version() != versions_[i];
    if (!gradient_ || moved) refuse_again();
    return *std::exchange(gradient_, {});
  }

 private:
  [[noreturn]] static void refuse_again() {
    throw Error(ErrorKind::kParameter,
                "`grouped` computes one gradient before any of its optimizers moves its "
                "parameters, but one of them evaluates the loss again: put such an optimizer "
                "around `grouped`, as in `{use: sam, base: {use: grouped, ...}}`");
  }

  assay::Tensors parameters_;
  std::vector<std::string> names_;
  std::vector<int> owners_;
  std::vector<assay::Role> roles_;
  std::optional<assay::Gradient> gradient_;
  std::vector<std::int64_t> versions_;  // of the parameters where the gradient was taken
  assay::Rng rng_;
};

class Grouped final : public assay::Optimizer {
 public:
  struct Params {
    std::vector<std::shared_ptr<assay::ParameterGroup>> groups;
  };

  static assay::Strings hides() { return {"Parts", "Split", "Again"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().required_components(
        "groups", &Params::groups,
        "Groups of parameters with an optimizer each, as in `[{use: parameters, names: "
        "[\"*.bias\"], optimizer: sgd}, {use: parameters, optimizer: adamw}]`; each parameter "
        "belongs to one group.");
  }

  explicit Grouped(Params params) : groups_(std::move(params.groups)) {}

  void check(assay::Problem& problem) override {
    assign(problem.parameter_names());
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      Some some(problem, chosen_[g], g);
      groups_[g]->optimizer().check(some);
    }
  }

  double step(assay::Problem& problem) override {
    if (chosen_.empty()) assign(problem.parameter_names());
    auto gradient = problem.gradient();
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      assay::Tensors part;
      for (const auto i : chosen_[g]) part.push_back(std::move(gradient.tensors[i]));
      Some some(problem, chosen_[g], g);
      some.give(gradient.loss, std::move(part));
      groups_[g]->optimizer().step(some);
    }
    return gradient.loss;
  }

  void save(assay::State& state) const override {
    for (std::size_t g = 0; g < groups_.size(); ++g)
      state.put_nested(name_of(g), groups_[g]->optimizer());
  }
  void load(const assay::State& state) override {
    for (std::size_t g = 0; g < groups_.size(); ++g)
      groups_[g]->optimizer().load(state.nested(name_of(g)));
  }

 private:
  static std::string name_of(std::size_t group) { return "group" + std::to_string(group); }

  // Each parameter to one group.
  void assign(const std::vector<std::string>& names) {
    constexpr std::size_t kNone = std::string::npos;
    std::vector<std::size_t> group_of(names.size(), kNone);
    std::size_t rest = kNone;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const auto taken = groups_[g]->taken(names);
      if (taken.empty() && rest != kNone)
        throw Error(ErrorKind::kParameter,
                    "two of the `groups` take all other parameters: give one of them `names`");
      if (taken.empty()) rest = g;
      for (std::size_t i = 0; i < taken.size(); ++i) {
        if (!taken[i]) continue;
        if (group_of[i] != kNone)
          throw Error(ErrorKind::kParameter,
                      "groups " + std::to_string(group_of[i]) + " and " + std::to_string(g) +
                          " (counted from 0) both take the parameter `" + names[i] +
                          "`; each parameter must belong to one group");
        group_of[i] = g;
      }
    }
    chosen_.assign(groups_.size(), {});
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto g = group_of[i] == kNone ? rest : group_of[i];
      if (g == kNone)
        throw Error(ErrorKind::kParameter,
                    "none of the `groups` takes the parameter `" + names[i] +
                        "`: add a group without `names`, which takes all others, or freeze it");
      chosen_[g].push_back(i);
    }
    for (std::size_t g = 0; g < chosen_.size(); ++g)
      if (chosen_[g].empty())
        throw Error(ErrorKind::kParameter,
                    "group " + std::to_string(g) +
                        " (counted from 0) is left without a parameter: remove it, or change its "
                        "`names`");
  }

  std::vector<std::shared_ptr<assay::ParameterGroup>> groups_;
  std::vector<std::vector<std::size_t>> chosen_;  // places of each group's parameters
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Parameters>("parameters",
                           "The parameters whose names match patterns, with an optimizer.");
  registry.add<Grouped>("grouped",
                        "Moves groups of parameters by an optimizer each, along one gradient.");
}
