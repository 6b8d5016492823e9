// Base class of objectives around another one.
#pragma once

#include <memory>

#include "assay/objective.h"

namespace assay {

/// Forwards every call to its base; a derived class overrides what it changes. One that adds a term
/// overrides terms(), evaluate(), evaluate_term() and samples() together.
class ObjectiveView : public Objective {
 public:
  explicit ObjectiveView(std::shared_ptr<Objective> base) : base_(std::move(base)) {}
  ~ObjectiveView() override;

  const std::vector<std::string>& terms() const override { return base_->terms(); }
  Batch prepare(Model& model, const Batch& batch, const Context& context) override {
    return base_->prepare(model, batch, context);
  }
  void finish_step(Model& model, const std::vector<Batch>& batches,
                   const Context& context) override {
    base_->finish_step(model, batches, context);
  }
  bool decomposes() const override { return base_->decomposes(); }
  bool remembers() const override { return base_->remembers(); }
  std::int64_t smallest_batch() const override { return base_->smallest_batch(); }
  void check(Model& model, const Batch& samples) const override { base_->check(model, samples); }
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context& context) override {
    return base_->evaluate(model, batch, context);
  }
  Term evaluate_term(std::size_t index, Model& model, const Batch& batch,
                     const Context& context) override {
    return base_->evaluate_term(index, model, batch, context);
  }
  std::int64_t samples(std::size_t index, const Batch& batch) const override {
    return base_->samples(index, batch);
  }
  void save(State& state) const override { state.put_nested("base", *base_); }
  void load(const State& state) override { base_->load(state.nested("base")); }

 protected:
  Objective& base() { return *base_; }
  const Objective& base() const { return *base_; }

 private:
  std::shared_ptr<Objective> base_;
};

}  // namespace assay
