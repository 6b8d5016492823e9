// Whole trials on the tiny problem, interrupted or not.
#pragma once

#include "tests/support/plugin_host.h"
#include "tests/support/tiny.h"

namespace assay::testing {

/// Registered components of a kind; of every kind where it is empty.
std::vector<const Entry*> of_kind(std::string_view kind);

/// Values of the parameters that have no default, by their type.
Values required_values(const Entry& entry);

/// Data with the abilities that the component needs: tiny images, else rows of a table with
/// classes, else with real targets, else a registered dataset. Throws std::runtime_error if there
/// is none.
std::shared_ptr<Dataset> data_for(const Entry& entry);

/// A model with the abilities that the component needs, for `data`: a TinyModel without dropout,
/// else a registered one. Throws as data_for().
std::shared_ptr<Model> model_for(const Entry& entry, const Dataset& data);

/// One term: the cross-entropy.
class OneTerm final : public Objective {
 public:
  const std::vector<std::string>& terms() const override { return names_; }
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context& context) override;

 private:
  std::vector<std::string> names_{"loss"};
};

struct TinyTrial {
  Spec procedure;
  Spec optimizer = {"sgd", {{"momentum", 0.9}}};
  std::shared_ptr<Objective> objective = std::make_shared<OneTerm>();
  std::shared_ptr<Dataset> data = std::make_shared<TinyData>();
  std::map<std::string, Spec> others = {};
  std::shared_ptr<const Inputs> inputs = {};
};

/// What a trial said, the weights and buffers it ended with, and the artifacts it left.
struct Run {
  std::vector<std::pair<std::string, double>> rows;
  Tensors weights, artifacts;
  std::int64_t units = 0;
};

/// At unit `stop`, unless it is -1, all but the dataset and the objective is built anew from what
/// was saved.
Run carry_out(const TinyTrial& trial, std::int64_t stop, std::uint64_t seed);

/// Equal bit for bit.
bool same(const Tensors& a, const Tensors& b);
Tensors copies(const Tensors& list);

}  // namespace assay::testing
