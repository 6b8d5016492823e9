// Out-of-line destructors: the key functions of the interfaces, so that their typeinfo lives in
// this library alone, and a dynamic_cast agrees across plugins.
#include "assay/callback.h"
#include "assay/evaluation_set.h"
#include "assay/metric.h"
#include "assay/parameter_group.h"
#include "assay/sdk/posterior.h"
#include "assay/sdk/training.h"

namespace assay {

Log::~Log() = default;
Stateful::~Stateful() = default;
Model::~Model() = default;
Partitioned::~Partitioned() = default;
LinearHead::~LinearHead() = default;
Projector::~Projector() = default;
Importable::~Importable() = default;
Fitted::~Fitted() = default;
Variational::~Variational() = default;
RandomLayer::~RandomLayer() = default;
Legible::~Legible() = default;
Dataset::~Dataset() = default;
Images::~Images() = default;
Problem::~Problem() = default;
ParameterGroup::~ParameterGroup() = default;
Metric::~Metric() = default;
EvaluationSet::~EvaluationSet() = default;
PosteriorHolder::~PosteriorHolder() = default;
WeightLender::~WeightLender() = default;
WeightChooser::~WeightChooser() = default;
Inputs::~Inputs() = default;
Results::~Results() = default;

void Callback::before_step(std::int64_t, const std::vector<Batch>&, Parts&, const Context&) {}
void Callback::after_step(std::int64_t, Parts&, const Context&, Results&) {}
void Callback::after_validation(std::int64_t, double, Parts&, Results&) {}

void Predictor::begin_pass(std::int64_t, Parts&, const Context&) {}

void refuse_part(std::string_view kind) {
  throw Error(
      ErrorKind::kPlugin,
      "it uses the " + std::string(kind) +
          ", which the manifest does not have or its needs() does not name: declare it there");
}

Term Objective::evaluate_term(std::size_t index, Model& model, const Batch& batch,
                              const Context& context) {
  return evaluate(model, batch, context).at(index);
}

Batch Objective::prepare(Model&, const Batch& batch, const Context&) {
  return batch;
}

void Objective::check(Model&, const Batch&) const {}

std::int64_t Objective::samples(std::size_t, const Batch& batch) const {
  return batch.size();
}

std::string_view name_of(Split split) {
  switch (split) {
    case Split::kTrain:
      return "train";
    case Split::kValidation:
      return "validation";
    case Split::kTest:
      return "test";
  }
  return "unknown";
}

Split split_of(std::string_view name) {
  for (const auto split : {Split::kTrain, Split::kValidation, Split::kTest})
    if (name_of(split) == name) return split;
  throw Error(ErrorKind::kParameter,
              "`" + std::string(name) + "` is no split; those are train, validation and test");
}

}  // namespace assay
