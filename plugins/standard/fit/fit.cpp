// `fit`: a model that learns directly from samples, step by step.

#include "assay/registry.h"
#include "assay/sdk/prediction.h"
#include "assay/sdk/training.h"

namespace {

using assay::Split;

class Fit final : public assay::Procedure {
 public:
  struct Params {
    std::int64_t batch = 4096;
    std::vector<std::shared_ptr<assay::Metric>> metrics;
  };

  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("batch", &Params::batch, assay::at_least(1),
               "Samples per batch when loading and evaluating.")
        .components("metrics", &Params::metrics, {"detailed"},
                    "What is measured on each split at the end.");
  }
  static assay::Strings needs() { return {"model/Fitted", "dataset", "objective?"}; }
  static assay::Strings artifacts() { return {"answers"}; }

  explicit Fit(Params params) : p_(std::move(params)) { assay::check_metrics(p_.metrics); }

  void check(const assay::Parts& parts) const override {
    assay::check_sizes(p_.metrics, *parts.dataset, {Split::kValidation, Split::kTest});
  }

  std::int64_t units(const assay::Parts& parts) const override {
    return fitted(*parts.model).steps();
  }
  bool finished() const override { return finished_; }

  void advance(std::int64_t unit, assay::Parts& parts, const assay::Context& context,
               assay::Results& results) override {
    if (!train_.input.defined()) train_ = all_of(*parts.dataset, Split::kTrain, context);
    const auto here = context.with(context.rng.fork("fit").fork(static_cast<std::uint64_t>(unit)));
    const bool more = fitted(*parts.model).fit(unit, train_, here);
    finished_ = !more || unit + 1 == units(parts);
    if (finished_) finish(parts, context, results);
  }

  void save(assay::State& state) const override { state.put("finished", finished_); }
  void load(const assay::State& state) override { finished_ = state.scalar<bool>("finished"); }

 private:
  static assay::Fitted& fitted(assay::Model& model) {
    return assay::as<assay::Fitted>(model, "model", "Fitted");
  }

  assay::Samples all_of(const assay::Dataset& dataset, Split split,
                        const assay::Context& context) const {
    const auto ids = dataset.ids(split);
    assay::Tensors inputs, targets;
    assay::for_pieces(ids, p_.batch, [&](std::size_t start, std::span<const std::int64_t> part) {
      const auto batch = assay::to_device(dataset.load(part, context.with(context.rng.fork(start))),
                                          context.device);
      inputs.push_back(batch.input);
      targets.push_back(batch.target);
    });
    if (inputs.empty()) return {std::string(name_of(split)), {}, {}};
    return {std::string(name_of(split)), at::cat(inputs), at::cat(targets)};
  }

  // Answers of one split, in the order of its ids.
  static void add_answers(const std::string& split, const assay::Predictions& p,
                          assay::TensorMap& answers) {
    answers[split + "/id"] = p.id;
    answers[split + "/target"] = p.target;
    answers[split + "/logits"] = p.logits;
    answers[split + "/refused"] =
        p.abstained.defined() ? p.abstained : at::zeros_like(p.id, torch::kBool);
  }

  void finish(assay::Parts& parts, const assay::Context& context, assay::Results& results) const {
    const auto& dataset = *parts.dataset;
    std::vector<assay::Samples> all;
    assay::TensorMap answers;
    assay::PredictionSets sets;
    auto keeps = assay::keeps_of(p_.metrics);
    keeps.logits = true;
    for (const auto split : {Split::kTrain, Split::kValidation, Split::kTest}) {
      if (dataset.ids(split).empty()) continue;
      const std::string set(name_of(split));
      all.push_back(split == Split::kTrain ? train_ : all_of(dataset, split, context));
      sets[set] = assay::predict(parts, split, p_.batch, keeps, context);
      add_answers(set, sets[set], answers);
    }
    assay::measure(p_.metrics, sets).write(results);
    results.artifact("answers", answers);
    if (auto* legible = dynamic_cast<assay::Legible*>(parts.model.get()))
      for (const auto& [name, text] : legible->documents(all)) results.document(name, text);
  }

  Params p_;
  bool finished_ = false;
  assay::Samples train_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Fit>(
      "fit",
      "Fits a model that learns directly from samples without gradients, one step per unit.");
}
