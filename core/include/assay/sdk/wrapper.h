// Base class of optimizers around another one.
#pragma once

#include <memory>

#include "assay/sdk/problem_view.h"

namespace assay {

/// An optimizer around another one, its base, which sees a view of the problem. A derived class
/// declares Params that derive from Wrapper::Params, and implements view().
class Wrapper : public Optimizer {
 public:
  struct Params {
    std::shared_ptr<Optimizer> base;
  };

  ~Wrapper() override;
  void check(Problem& problem) override;
  double step(Problem& problem) override;
  /// Saves and loads the base alone. A derived class with a state of its own overrides both, and
  /// calls these.
  void save(State& state) const override;
  void load(const State& state) override;

 protected:
  explicit Wrapper(const Params& params) : base_(params.base) {}

  /// What the base sees in one step; null: `problem` itself. `problem` outlives it. check() calls
  /// this too, and asks the view for no loss and no gradient.
  virtual std::unique_ptr<ProblemView> view(Problem& problem) = 0;

  /// Called after each step that has not thrown, at the new weights. State that a step changes is
  /// changed here, so that a step that throws leaves it as it was.
  virtual void after_step(Problem&) {}

  Optimizer& base() { return *base_; }

 private:
  std::shared_ptr<Optimizer> base_;
};

}  // namespace assay
