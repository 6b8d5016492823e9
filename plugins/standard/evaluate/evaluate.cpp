// `evaluate`: what a model says of a split, and of other datasets, in metrics.
#include <set>

#include <ATen/ops/bincount.h>

#include "assay/evaluation_set.h"
#include "assay/registry.h"
#include "assay/sdk/prediction.h"
#include "assay/sdk/training.h"

namespace {

using assay::Error;
using assay::ErrorKind;
using assay::Split;

constexpr const char* kSplits[] = {"train", "validation", "test"};

class Set final : public assay::EvaluationSet {
 public:
  struct Params {
    std::string name;
    std::shared_ptr<assay::Dataset> dataset;
    std::string split = "test";
    std::string targets = "by_name";
  };
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .required("name", &Params::name, any(), "What the rows of the set begin with.")
        .required_component("dataset", &Params::dataset, "Its dataset.")
        .field("split", &Params::split, one_of({"train", "validation", "test"}),
               "Split of that dataset.")
        .field("targets", &Params::targets, one_of({"by_name", "same", "none"}),
               "`by_name`: its classes have the names of those of the stage's dataset; `same`: its "
               "targets mean the same, though a dataset does not name its classes; `none`: they "
               "are not used, as those of out-of-distribution data, and metrics that need targets "
               "leave the set out.");
  }

  explicit Set(Params params) : p_(std::move(params)) {
    const bool plain = !p_.name.empty() &&
                       p_.name.find_first_not_of(
                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
                           std::string::npos;
    if (!plain || std::find(std::begin(kSplits), std::end(kSplits), p_.name) != std::end(kSplits))
      throw Error(ErrorKind::kParameter,
                  "`name` is `" + p_.name +
                      "`; it must be of letters, digits, `_` and `-`, and no name of a split");
  }

  const std::string& name() const override { return p_.name; }
  std::shared_ptr<const assay::Dataset> dataset() const override { return p_.dataset; }
  Split split() const override { return assay::split_of(p_.split); }
  assay::SetTargets targets() const override {
    using enum assay::SetTargets;
    return p_.targets == "same" ? kSame : p_.targets == "none" ? kOther : kByName;
  }

 private:
  Params p_;
};

class Evaluate final : public assay::Procedure {
 public:
  struct Params {
    std::string split = "test";
    std::vector<std::shared_ptr<assay::EvaluationSet>> sets;
    std::shared_ptr<assay::Predictor> predictor;
    std::vector<std::shared_ptr<assay::Metric>> metrics;
    std::int64_t batch = 256;
  };

  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("split", &Params::split, one_of({"train", "validation", "test"}),
               "Split to evaluate on, without transforms.")
        .components("sets", &Params::sets, {}, "Further datasets to evaluate on, by name.")
        .component("predictor", &Params::predictor, "",
                   "How predictions are made; without one, by one forward pass.")
        .components("metrics", &Params::metrics, {"detailed"}, "What is measured.")
        .field("batch", &Params::batch, at_least(1), "Samples per forward pass.");
  }
  static assay::Strings needs() { return {"model", "weights/All", "dataset", "objective?"}; }
  static assay::Strings artifacts() { return {"confusion"}; }

  explicit Evaluate(Params params) : p_(std::move(params)) {
    std::set<std::string> names;
    std::vector<assay::SetInfo> sets{{p_.split, true}};
    for (const auto& set : p_.sets) {
      sets.push_back({set->name(), set->has_targets()});
      if (!names.insert(set->name()).second)
        throw Error(ErrorKind::kParameter,
                    "two of the `sets` have the name `" + set->name() + "`: rename one of them");
    }
    assay::check_metrics(p_.metrics, sets);
    if (!p_.predictor) p_.predictor = std::make_shared<assay::OnePass>();
  }

  void check(const assay::Parts& parts) const override {
    assay::check_predictor(p_.predictor, *parts.model);
    check_samples({p_.split, true}, *parts.dataset, assay::split_of(p_.split));
    check_objective(parts);
    for (std::size_t i = 0; i < p_.sets.size(); ++i) {
      const auto& set = *p_.sets[i];
      try {
        check_alike(set, parts);
        check_samples({set.name(), set.has_targets()}, *set.dataset(), set.split());
      } catch (const Error& error) {
        throw error.path().empty() ? error.within("procedure.sets." + std::to_string(i)) : error;
      }
    }
  }

  std::int64_t units(const assay::Parts& parts) const override {
    std::int64_t all = 0;
    for (const auto& [name, loop] : loops_of(parts)) {
      if (loop.units() == 0) refuse_empty(name);
      all += loop.units();
    }
    return all;
  }

  void advance(std::int64_t unit, assay::Parts& parts, const assay::Context& context,
               assay::Results& results) override {
    if (loops_.empty()) start(unit, parts);
    for (std::size_t i = 0; i < loops_.size(); ++i) {
      auto& [name, loop] = loops_[i];
      if (unit < loop.units()) {
        loop.advance(unit, parts, context);
        if (i + 1 == loops_.size() && unit + 1 == loop.units()) finish(parts, results);
        return;
      }
      unit -= loop.units();
    }
  }

  void save(assay::State& state) const override {
    if (loops_.empty() && loaded_) state = *loaded_;
    for (std::size_t i = 0; i < loops_.size(); ++i)
      state.put_nested("set" + std::to_string(i), loops_[i].second);
  }
  void load(const assay::State& state) override { loaded_ = state; }

 private:
  [[noreturn]] static void refuse_empty(const std::string& set) {
    throw Error(ErrorKind::kData, "the set `" + set +
                                      "` has no samples to evaluate on: choose another split of "
                                      "its dataset with `split`");
  }

  void check_samples(const assay::SetInfo& set, const assay::Dataset& dataset, Split split) const {
    const auto samples = std::ssize(dataset.ids(split));
    if (samples == 0) refuse_empty(set.name);
    assay::check_size(p_.metrics, set, samples);
  }

  // Of a model without logits, which its objective evaluates. One that is fitted gives them, but is
  // not fitted yet.
  void check_objective(const assay::Parts& parts) const {
    if (!parts.objective || dynamic_cast<const assay::Fitted*>(parts.model.get()) != nullptr)
      return;
    const auto split = assay::split_of(p_.split);
    if (assay::gives_logits(parts, split, torch::kCPU)) return;
    assay::check_measured_objective(
        parts, {split, std::ssize(parts.dataset->ids(split)), p_.batch, "procedure.batch"});
  }

  using Loops = std::vector<std::pair<std::string, assay::PredictionLoop>>;

  Loops loops_of(const assay::Parts& parts) const {
    const auto keeps = assay::keeps_of(p_.metrics);
    Loops loops;
    const auto add = [&](const std::string& name, std::shared_ptr<const assay::Dataset> dataset,
                         Split split, bool targets) {
      loops.emplace_back(name, assay::PredictionLoop(p_.predictor, std::move(dataset), split,
                                                     p_.batch, keeps, targets));
    };
    add(p_.split, parts.dataset, assay::split_of(p_.split), true);
    for (const auto& set : p_.sets) {
      check_alike(*set, parts);
      add(set->name(), set->dataset(), set->split(), set->has_targets());
    }
    return loops;
  }

  // What the model reads of a sample must mean the same in each set.
  static void check_alike(const assay::EvaluationSet& set, const assay::Parts& parts) {
    const auto& info = parts.dataset->info();
    const auto& own = set.dataset()->info();
    const auto refuse = [&](const std::string& what) {
      throw Error(ErrorKind::kParameter, "the set `" + set.name() + "` " + what);
    };
    const bool by_group = dynamic_cast<assay::Partitioned*>(parts.model.get()) != nullptr;
    const char* other =
        own.input_shape != info.input_shape ? "input shape"
        : own.pixel_mean != info.pixel_mean || own.pixel_deviation != info.pixel_deviation
            ? "normalization of pixels"
        : by_group && own.groups != info.groups ? "groups, which the model reads"
                                                : nullptr;
    if (other != nullptr)
      refuse("has other " + std::string(other) +
             " than the dataset that the model was built for: use one with the same");
    if (!set.has_targets()) return;
    const bool named = !own.class_names.empty() && !info.class_names.empty();
    if (own.classes != info.classes || own.targets != info.targets ||
        (named && own.class_names != info.class_names))
      refuse(
          "has other classes than the dataset that the model was built for: use one with the "
          "same, or `targets: none` if it serves as out-of-distribution data");
    if (info.classes > 0 && !named && set.targets() == assay::SetTargets::kByName)
      refuse(
          std::string("may have other classes, since ") +
          (own.class_names.empty() ? "its dataset" : "the dataset that the model was built for") +
          " does not name them: say `targets: same` if class k is the same in both, or "
          "`targets: none`");
  }

  void start(std::int64_t unit, const assay::Parts& parts) {
    loops_ = loops_of(parts);
    for (std::size_t i = 0; unit > 0 && i < loops_.size(); ++i)
      loops_[i].second.load(loaded_.value().nested("set" + std::to_string(i)));
  }

  void finish(const assay::Parts& parts, assay::Results& results) const {
    assay::PredictionSets sets;
    for (const auto& [name, loop] : loops_)
      assay::check_not_nan(sets.emplace(name, loop.finish()).first->second, name);
    assay::measure(p_.metrics, sets).write(results);
    const auto& own = sets.at(p_.split);
    if (own.label.defined()) results.artifact("confusion", confusion(own, parts.dataset->info()));
  }

  // `confusion` [K, K], rows are true classes, without abstentions; per group all samples and those
  // that are right.
  static assay::TensorMap confusion(const assay::Predictions& p, const assay::Info& info) {
    const auto groups = std::max<std::int64_t>(1, std::ssize(info.groups));
    auto pair = p.target * info.classes + p.label;
    if (p.abstained.defined()) pair = pair.masked_select(p.abstained.logical_not());
    return {
        {"confusion", at::bincount(pair, {}, info.classes * info.classes).view({info.classes, -1})},
        {"group_count", at::bincount(p.group, {}, groups)},
        {"group_correct", at::bincount(p.group.masked_select(assay::is_right(p)), {}, groups)}};
  }

  Params p_;
  Loops loops_;
  std::optional<assay::State> loaded_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Set>("set", "Another dataset to evaluate on, with a name for its rows.");
  registry.add<Evaluate>("evaluate",
                         "Evaluates a model on a split and on other datasets, with metrics of its "
                         "predictions, and leaves the confusion matrix of a classification.");
}
