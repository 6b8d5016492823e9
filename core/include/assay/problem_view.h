// Views of a Problem: how optimizers nest. A wrapper hands its base one of these.
#pragma once

#include <optional>

#include "assay/optimizer.h"

namespace assay {

/// A Problem that is another one but for what a wrapper overrides.
class ProblemView : public Problem {
 public:
  explicit ProblemView(Problem& inner) : inner_(inner) {}
  ~ProblemView() override;
  const Tensors& parameters() const override { return inner_.parameters(); }
  const std::vector<std::string>& terms() const override { return inner_.terms(); }
  const std::vector<int>& owners() const override { return inner_.owners(); }
  double learning_rate_factor() const override { return inner_.learning_rate_factor(); }
  const Rng& rng() const override { return inner_.rng(); }
  void report(std::string_view name, double value) override { inner_.report(name, value); }
  std::string maker() const override { return inner_.maker(); }
  double largest_norm() const override { return inner_.largest_norm(); }
  double loss() override { return inner_.loss(); }
  std::vector<double> losses() override { return inner_.losses(); }
  Gradient raw_gradient() override { return inner_.raw_gradient(); }
  std::vector<Gradient> gradient_per_term() override { return inner_.gradient_per_term(); }
  Gradient gradient_of_term(std::size_t k) override { return inner_.gradient_of_term(k); }
  Gradient weighted_gradient(const Weigh& weigh) override {
    return inner_.weighted_gradient(weigh);
  }
  std::vector<GroupGradient> gradient_per_group() override { return inner_.gradient_per_group(); }
  Gradient group_weighted_gradient(const WeighGroups& weigh) override {
    return inner_.group_weighted_gradient(weigh);
  }
  std::vector<Part> split(std::int64_t samples) override { return inner_.split(samples); }

 protected:
  Problem& inner_;
};

/// A view whose raw_gradient() is made of the inner one's parts, and has none of its own: asked for
/// terms, groups or a part of the batch it throws Error{kParameter} that says what goes inside.
class WholeGradient : public ProblemView {
 public:
  /// `maker` is the optimizer that makes the gradient, as manifests name it.
  WholeGradient(Problem& inner, std::string maker);
  ~WholeGradient() override;

  const std::vector<std::string>& terms() const override { return terms_; }
  const std::vector<int>& owners() const override { return owners_; }
  std::string maker() const override { return maker_; }
  double loss() override { return inner_.loss(); }
  std::vector<double> losses() override { return {inner_.loss()}; }
  std::vector<Gradient> gradient_per_term() override { no_parts("terms"); }
  Gradient gradient_of_term(std::size_t) override { no_parts("terms"); }
  Gradient weighted_gradient(const Weigh&) override { no_parts("terms"); }
  std::vector<GroupGradient> gradient_per_group() override { no_parts("groups"); }
  Gradient group_weighted_gradient(const WeighGroups&) override { no_parts("groups"); }
  std::vector<Part> split(std::int64_t) override { no_parts("parts of the batch"); }

 private:
  [[noreturn]] void no_parts(const std::string& what) const;

  std::string maker_;
  std::vector<std::string> terms_;
  std::vector<int> owners_;
};

/// Other weights for a while: the originals are put aside, not copied back, because (w + e) - e is
/// not w in floating point. They return in the destructor, so also when the objective throws.
class Displaced {
 public:
  /// `there`, laid out as `weights`, becomes their memory.
  Displaced(const Tensors& weights, const Tensors& there);
  ~Displaced();
  Displaced(const Displaced&) = delete;

 private:
  Tensors weights_, start_;
};

/// The problem whose gradients are taken at w + e; terms, groups and their sums are all taken at
/// the same place, uphill of the plain sum. loss() and losses() stay those at w.
class Uphill : public ProblemView {
 public:
  /// From the gradient at w, which it may write on, to the weights w + e; runs without gradients.
  using Climb = std::function<Tensors(Gradient here)>;

  /// `maker` as in WholeGradient.
  Uphill(Problem& inner, std::string maker, Climb climb);
  ~Uphill() override;

  Gradient raw_gradient() override;
  std::vector<Gradient> gradient_per_term() override;
  Gradient gradient_of_term(std::size_t index) override;
  Gradient weighted_gradient(const Weigh& weigh) override;
  std::vector<GroupGradient> gradient_per_group() override;
  Gradient group_weighted_gradient(const WeighGroups& weigh) override;
  std::vector<Part> split(std::int64_t samples) override;

  /// A step of `base` with what it finds uphill; returns the loss where the step started.
  double step(Optimizer& base);

 private:
  Displaced climbed();

  std::string maker_;
  Climb climb_;
  std::optional<double> start_;  // the loss there, once it has climbed
};

}  // namespace assay
