// Whole trials on the tiny problem, interrupted or not.
#pragma once

#include <functional>

#include "assay/registry.h"
#include "runner/conformance/tiny.h"

namespace assay::testing {

/// Registered components of a kind; of every kind if it is empty.
std::vector<const Entry*> of_kind(const Registry& registry, std::string_view kind);

/// Values of the parameters that have no default, by their type.
Values required_values(const Entry& entry);

/// The parameters for which required_values() has none: without a value for each of them nothing
/// can be built.
Strings lacking_values(const Entry& entry);

/// Data with the abilities that the component needs: tiny images, else rows of a table with
/// classes, else with real targets, else a registered dataset. Throws std::runtime_error if there
/// is none.
std::shared_ptr<Dataset> data_for(const Registry& registry, const Entry& entry);

/// A model with the abilities that the component needs, for `data`: a TinyModel without dropout,
/// else a registered one. Throws as data_for().
std::shared_ptr<Model> model_for(const Registry& registry, const Entry& entry, const Dataset& data);

/// The component with the values that it requires, for `data`, after a stage that left a model for
/// the same data.
std::shared_ptr<void> build(const Registry& registry, const Entry& entry, const Dataset& data);
template <class I>
std::shared_ptr<I> build(const Registry& registry, const Entry& entry, const Dataset& data) {
  return std::static_pointer_cast<I>(build(registry, entry, data));
}

/// One term: the cross-entropy.
class OneTerm final : public Objective {
 public:
  const std::vector<std::string>& terms() const override { return names_; }
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context& context) override;

 private:
  std::vector<std::string> names_{"loss"};
};

/// The mean squared error.
class SquaredError final : public Objective {
 public:
  const std::vector<std::string>& terms() const override { return names_; }
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context& context) override;

 private:
  std::vector<std::string> names_{"loss"};
};

/// The one of the two that fits the targets.
std::shared_ptr<Objective> objective_for(const Dataset& data);

struct TinyTrial {
  Spec procedure;
  Spec optimizer = {"sgd", {{"momentum", 0.9}}};
  std::shared_ptr<Objective> objective = std::make_shared<OneTerm>();
  std::shared_ptr<Dataset> data = std::make_shared<TinyData>();
  std::map<std::string, Spec> others = {};
  std::function<std::shared_ptr<Model>()> model = {};  // makes it; empty: a TinyModel
  std::shared_ptr<const Inputs> inputs = {};
};

/// What a trial said, the weights and buffers it ended with, and the artifacts it left.
struct Run {
  std::vector<std::pair<std::string, double>> rows;
  Tensors weights, artifacts;
  std::int64_t units = 0;
};

/// At unit `stop`, unless it is -1, all but the dataset and the objective is built anew from what
/// was saved. Throws Error{kPlugin} for a component that does not read all of it.
Run carry_out(const Registry& registry, const TinyTrial& trial, std::int64_t stop,
              std::uint64_t seed);

/// Lets `to` go on where `from` is, from memory of its own. Throws Error{kPlugin} for an entry that
/// load() does not read.
void hand_over(const Stateful& from, Stateful& to);

/// Equal bit for bit.
bool same(const Tensors& a, const Tensors& b);
Tensors copies(const Tensors& list);
/// Parameters and buffers.
Tensors tensors_of(const torch::nn::Module& module);
/// Inputs, targets, ids and groups.
Tensors tensors_of(const Batch& batch);

/// The predictions of a pass over the validation split, in batches of `batch`. At unit `stop`,
/// unless it is -1, the loop and the predictor, which `make` makes, are made anew from what was
/// saved.
Predictions predict_resumed(const std::function<std::shared_ptr<Predictor>()>& make, Parts& parts,
                            std::int64_t batch, std::int64_t stop);

}  // namespace assay::testing
