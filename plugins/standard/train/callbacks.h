// Callbacks: those of a training, and the weights that they decide on.
#pragma once

#include <memory>

#include "assay/callback.h"
#include "assay/sdk/problem_view.h"

class Callbacks {
 public:
  explicit Callbacks(std::vector<std::shared_ptr<assay::Callback>> all) : all_(std::move(all)) {}

  void check(const assay::TrainingSpan& span, const assay::Parts& parts) const {
    find_deciders(parts);
    for (std::size_t i = 0; i < all_.size(); ++i)
      assay::within("procedure.callbacks." + std::to_string(i),
                    [&] { all_[i]->check(span, parts); });
  }

  void start(const assay::TrainingSpan& span, assay::Parts& parts, const assay::Context& context) {
    deciders_ = find_deciders(parts);
    for (const auto& one : all_) one->start(span, parts, context);
  }

  /// Calls `fn` for each callback, in their order.
  template <class Fn>
  void each(Fn fn) {
    for (const auto& one : all_) fn(*one);
  }

  /// The weights for evaluation are in the model as long as the result lives; null: the model's
  /// own.
  std::unique_ptr<assay::ScopedWeights> lend(assay::Model& model) {
    auto lent = deciders_.lender == nullptr ? assay::Tensors() : deciders_.lender->lent_weights();
    if (lent.empty()) return nullptr;
    return std::make_unique<assay::ScopedWeights>(like(lent, model), lent);
  }

  /// Copies the weights that the model ends with into it.
  void settle(assay::Model& model) {
    assay::Tensors last;
    if (deciders_.chooser != nullptr) last = deciders_.chooser->final_weights();
    if (last.empty() && deciders_.lender != nullptr) last = deciders_.lender->lent_weights();
    const torch::NoGradGuard no_grad;
    const auto weights = like(last, model);
    for (std::size_t i = 0; i < last.size(); ++i) weights[i].copy_(last[i]);
  }

  void save(assay::State& state) const {
    for (std::size_t i = 0; i < all_.size(); ++i) state.put_nested(name_of(i), *all_[i]);
  }
  void load(const assay::State& state) {
    for (std::size_t i = 0; i < all_.size(); ++i) all_[i]->load(state.nested(name_of(i)));
  }

 private:
  // What decides on weights.
  struct Deciders {
    assay::WeightLender* lender = nullptr;
    assay::WeightChooser* chooser = nullptr;
  };

  Deciders find_deciders(const assay::Parts& parts) const {
    Deciders found{dynamic_cast<assay::WeightLender*>(parts.optimizer.get())};
    for (const auto& one : all_) {
      set_only(found.lender, *one, "lend weights for evaluation");
      set_only(found.chooser, *one, "choose the final weights");
    }
    return found;
  }

  static std::string name_of(std::size_t i) { return "callback" + std::to_string(i); }

  template <class Ability>
  static void set_only(Ability*& only, assay::Callback& callback, const std::string& both) {
    auto* able = dynamic_cast<Ability*>(&callback);
    if (able == nullptr) return;
    if (only != nullptr)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "two of the `callbacks`, or a callback and the optimizer, " + both +
                             "; only one may: remove the other");
    only = able;
  }

  // The model's parameters, with its buffers if `list` has them, or those that are trained.
  static assay::Tensors like(const assay::Tensors& list, assay::Model& model) {
    auto all = model.parameters();
    if (list.size() < all.size())
      std::erase_if(all, [](const auto& w) { return !w.requires_grad(); });
    for (const auto& buffer : model.buffers())
      if (all.size() < list.size()) all.push_back(buffer);
    bool alike = list.empty() || all.size() == list.size();
    for (std::size_t i = 0; alike && i < list.size(); ++i)
      alike = all[i].sizes() == list[i].sizes();
    if (!alike)
      throw assay::Error(
          assay::ErrorKind::kPlugin,
          "a callback, or the optimizer, lends " + std::to_string(list.size()) +
              " tensors; in number and shapes they must be those of Model::parameters(), followed "
              "by those of Model::buffers() or not, or those that are trained");
    return all;
  }

  std::vector<std::shared_ptr<assay::Callback>> all_;
  Deciders deciders_;
};
