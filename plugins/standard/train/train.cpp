// `train`: the ordinary loop, one optimizer step a unit.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "assay/registry.h"
#include "assay/sdk/layers.h"
#include "assay/sdk/posterior.h"
#include "assay/sdk/prediction.h"
#include "assay/sdk/training.h"
#include "assay/sdk/weights.h"
#include "callbacks.h"
#include "figures.h"
#include "params.h"

namespace {

using assay::Context;
using assay::Parts;
using assay::Split;

class Train final : public assay::Procedure {
 public:
  using Params = TrainParams;
  static assay::Schema<Params> schema() { return train_schema(); }

  explicit Train(Params params) : p_(std::move(params)), callbacks_(p_.callbacks) {
    if ((p_.epochs > 0) == (p_.steps > 0))
      throw assay::Error(assay::ErrorKind::kParameter,
                         "exactly one of `epochs` and `steps` must be above 0");
    if (p_.layers > 0 && !p_.only.empty())
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`layers` and `only` both choose what is trained: give one of them");
    if (p_.metrics.empty())
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`metrics` is empty: omit it for the usual ones");
    assay::check_metrics(p_.metrics);
    assay::within("transforms", [&] { assay::check_order(p_.transforms); });
    if (p_.loader_threads > 1 && p_.prefetch == 0)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`loader_threads` is " + std::to_string(p_.loader_threads) +
                             ", but `prefetch: 0` loads no batch ahead: omit one of the two");
  }

  void check(const Parts& parts) const override {
    freeze(*parts.model);
    check_setting(parts);
    assay::BatchProblem problem(*parts.model, *parts.objective, problem_options(parts));
    check_problem(problem, parts);
    check_objective(parts, torch::kCPU);
  }

  std::int64_t units(const Parts& parts) const override {
    return p_.steps > 0 ? p_.steps : p_.epochs * steps_per_epoch(parts);
  }
  bool finished() const override { return stopped_; }

  void advance(std::int64_t unit, Parts& parts, const Context& context,
               assay::Results& results) override {
    if (!problem_) start(parts, context);
    if (unit == 0) check_objective(parts, context.device);
    if (!parts.model->is_training()) parts.model->train();
    const auto step = static_cast<std::uint64_t>(unit);
    auto batches = batches_of(unit);
    callbacks_.each([&](auto& one) { one.before_step(unit, batches, parts, context); });
    for (auto* module : frozen_) module->eval();
    problem_->begin(std::move(batches),
                    context.with(context.rng.fork("step").fork(step)).at_step(unit),
                    learning_rate_.at(unit, units_));
    const double loss = problem_->step(*parts.optimizer);
    if (!std::isfinite(loss) && !p_.allow_nonfinite)
      throw assay::Error(assay::ErrorKind::kNumeric,
                         "the optimizer's step returned a loss of " + std::to_string(loss));
    figures_.add("loss", loss);
    figures_.add(problem_->take_figures());
    callbacks_.each([&](auto& one) { one.after_step(unit, parts, context, results); });
    if ((unit + 1) % p_.log_every == 0) figures_.report(results);
    if ((unit + 1) % evaluate_every_ == 0 || unit + 1 == units_)
      evaluate(unit, parts, context, results);
    if (unit + 1 == units_ || stopped_) finish(parts, context, results);
  }

  void save(assay::State& state) const override {
    state.put("best", best_);
    state.put("waited", waited_);
    state.put("stopped", stopped_);
    figures_.save(state);
    callbacks_.save(state);
  }

  void load(const assay::State& state) override {
    best_ = state.scalar<double>("best");
    waited_ = state.scalar<std::int64_t>("waited");
    stopped_ = state.scalar<bool>("stopped");
    figures_.load(state);
    callbacks_.load(state);
  }

 private:
  std::int64_t steps_per_epoch(const Parts& parts) const {
    return count_parts(parts, p_.batch * p_.accumulate);
  }
  // Of the training split, in parts of `size` samples; the last one may be smaller.
  static std::int64_t count_parts(const Parts& parts, std::int64_t size) {
    return (std::ssize(parts.dataset->ids(Split::kTrain)) + size - 1) / size;
  }

  void check_setting(const Parts& parts) const {
    if (parts.dataset->ids(Split::kTrain).empty())
      throw assay::Error(assay::ErrorKind::kData, "the training split is empty");
    if (p_.patience > 0 && parts.dataset->ids(Split::kValidation).empty())
      throw assay::Error(assay::ErrorKind::kData,
                         "`patience` needs a validation split, but the dataset has none: give it "
                         "one, such as by `validation: 1000`");
    if (p_.monitor == "worst_group" && parts.dataset->info().groups.empty())
      throw assay::Error(assay::ErrorKind::kData,
                         "`monitor: worst_group` needs a dataset with groups");
    assay::check_sizes(p_.metrics, *parts.dataset, {Split::kValidation, Split::kTest});
    if (!parts.subset_to_come) callbacks_.check({units(parts), steps_per_epoch(parts)}, parts);
  }

  void check_problem(assay::BatchProblem& problem, const Parts& parts) const {
    assay::within("procedure.accumulate", [&] {
      problem.check_count(std::min(p_.accumulate, count_parts(parts, p_.batch)));
    });
    try {
      parts.optimizer->check(problem);
    } catch (const assay::Error& error) {
      throw error.path().empty() ? error.within("optimizer") : error;
    }
  }

  // For the training, and for the splits that only the objective can measure.
  void check_objective(const Parts& parts, torch::Device device) const {
    const auto count = [&](Split split) { return std::ssize(parts.dataset->ids(split)); };
    const auto samples = parts.subset_to_come ? p_.batch : count(Split::kTrain);
    assay::check_objective(parts, {Split::kTrain, samples, p_.batch, "procedure.batch"}, device,
                           p_.transforms);
    if (assay::gives_logits(parts, Split::kTrain, device)) return;
    for (const auto split : {Split::kValidation, Split::kTest})
      if (count(split) > 0)
        assay::check_objective(
            parts, {split, count(split), p_.evaluate_batch, "procedure.evaluate_batch"}, device);
  }

  assay::ProblemOptions problem_options(const Parts& parts) const {
    return {p_.clip, p_.bf16, p_.allow_nonfinite, parts.dataset->info().groups,
            &parts.dataset->info()};
  }

  void start(Parts& parts, const Context& context) {
    freeze(*parts.model);
    if (trains_part()) frozen_ = find_frozen(*parts.model);
    check_setting(parts);
    problem_.emplace(*parts.model, *parts.objective, problem_options(parts));
    check_problem(*problem_, parts);
    const assay::Batches order(
        parts.dataset->ids(Split::kTrain), p_.batch, context.rng,
        p_.resample > 0 ? assay::group_weights(*parts.dataset, p_.resample) : assay::Reals());
    batches_per_epoch_ = order.per_epoch();
    steps_per_epoch_ = steps_per_epoch(parts);
    units_ = units(parts);
    loader_.emplace(parts.dataset, order, context, loader_options(context.device));
    evaluate_every_ = p_.evaluate_steps > 0
                          ? p_.evaluate_steps
                          : std::max<std::int64_t>(1, p_.evaluate_epochs) * steps_per_epoch_;
    const auto counted = p_.power_counts == "steps" ? 1 : steps_per_epoch_;
    learning_rate_ = {p_.schedule,     p_.warmup, p_.milestones, p_.gamma,
                      p_.final_factor, p_.offset, p_.power,      counted};
    callbacks_.start({units_, steps_per_epoch_}, parts, context);
  }

  assay::LoaderOptions loader_options(torch::Device device) const {
    assay::LoaderOptions options{.threads = p_.loader_threads};
    const bool ahead = !device.is_cpu() || p_.loader_threads > 1;
    options.ahead = p_.prefetch >= 0 ? p_.prefetch : ahead ? 2 * p_.loader_threads : 0;
    options.transforms.assign(p_.transforms.begin(), p_.transforms.end());
    return options;
  }

  void finish(Parts& parts, const Context& context, assay::Results& results) {
    figures_.report(results);
    callbacks_.each([&](auto& one) { one.finish(parts, context, results); });
  }

  // The batches of one step; a step never reaches into the next epoch.
  std::vector<assay::Batch> batches_of(std::int64_t unit) {
    const auto epoch = unit / steps_per_epoch_;
    const auto first = (unit % steps_per_epoch_) * p_.accumulate;
    const auto last = std::min(first + p_.accumulate, batches_per_epoch_);
    std::vector<assay::Batch> batches;
    for (auto k = first; k < last; ++k)
      batches.push_back(loader_->at(epoch * batches_per_epoch_ + k));
    return batches;
  }

  void evaluate(std::int64_t unit, Parts& parts, const Context& context, assay::Results& results) {
    if (!parts.dataset->ids(Split::kValidation).empty()) {
      const auto lent = callbacks_.lend(*parts.model);
      validate(unit, parts, context, results);
    }
    if (unit + 1 < units_ && !stopped_) return;
    leave_posterior(parts, results);
    callbacks_.settle(*parts.model);  // the model ends with the weights it is tested with
    measure(Split::kTest, parts, context, results);
  }

  // Around the optimizer's own weights, before callbacks end the training with others.
  void leave_posterior(Parts& parts, assay::Results& results) {
    if (auto* holder = dynamic_cast<assay::PosteriorHolder*>(parts.optimizer.get()))
      results.artifact(assay::kPosterior, assay::to_artifact(holder->posterior(*problem_)));
  }

  void validate(std::int64_t unit, Parts& parts, const Context& context, assay::Results& results) {
    const auto measured = measure(Split::kValidation, parts, context, results);
    const double value = score(measured);
    if (value > best_) {
      best_ = value;
      waited_ = 0;
      results.keep_model("best");
    } else {
      ++waited_;
    }
    callbacks_.each([&](auto& one) { one.after_validation(unit, value, parts, results); });
    if (p_.patience > 0 && waited_ >= p_.patience && unit + 1 < units_) {
      stopped_ = true;
      context.note("early stopping: " + monitored_ + " has not improved in " +
                   std::to_string(waited_) + " evaluations");
    }
  }

  // Norms of frozen layers go by the statistics that they have.
  static std::vector<torch::nn::Module*> find_frozen(assay::Model& model) {
    std::vector<torch::nn::Module*> frozen;
    for (const auto& module : model.modules(/*include_self=*/false))
      if (assay::is_frozen(*module)) frozen.push_back(module.get());
    return frozen;
  }

  bool trains_part() const { return p_.layers > 0 || !p_.only.empty(); }

  void freeze(assay::Model& model) const {
    if (!trains_part()) return;
    const auto kept = p_.layers > 0 ? assay::last_layers(model, p_.layers)
                                    : assay::matching(model, p_.only, "only");
    for (auto& parameter : model.parameters()) parameter.requires_grad_(false);
    for (const auto& [name, parameter] : kept) parameter.requires_grad_(true);
  }

  // The monitored row of the validation, negated if smaller is better.
  double score(const assay::Measured& measured) {
    if (monitored_.empty() && !p_.monitor.empty()) monitored_ = "validation/" + p_.monitor;
    if (monitored_.empty()) monitored_ = first_row(measured);
    const auto name = monitored_.substr(monitored_.find('/') + 1);
    const auto value = measured.find("validation", name);
    const auto row = assay::find_row(p_.metrics, name);
    if (!value || !row)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`monitor` is `" + name +
                             "`, and the metrics gave no such row of the validation split: choose "
                             "one that they give");
    return row->higher_is_better ? *value : -*value;
  }

  // Not one of an open list, such as the accuracy of one class.
  std::string first_row(const assay::Measured& measured) const {
    for (const auto& [name, value] : measured.rows()) {
      const auto row = assay::find_row(p_.metrics, name.substr(name.find('/') + 1));
      if (row && !row->name.ends_with('*')) return name;
    }
    throw assay::Error(
        assay::ErrorKind::kParameter,
        "`monitor` is not given, and the metrics give no row to choose by: name one");
  }

  assay::Measured measure(Split split, Parts& parts, const Context& context,
                          assay::Results& results) {
    if (parts.dataset->ids(split).empty()) return {};
    const std::string set(name_of(split));
    const auto predictions =
        assay::predict(parts, split, p_.evaluate_batch, assay::keeps_of(p_.metrics),
                       context.with(context.rng.fork("evaluate")));
    const auto measured = assay::measure(p_.metrics, {{set, predictions}});
    measured.write(results);
    for (const auto& [name, value] : measured.rows())
      if (!std::isfinite(value) && !p_.allow_nonfinite)
        throw assay::Error(assay::ErrorKind::kNumeric,
                           name + " is " + std::to_string(value) +
                               "; a smaller learning rate or gradient clipping may help");
    return measured;
  }

  Params p_;
  Callbacks callbacks_;
  std::optional<assay::BatchProblem> problem_;
  std::optional<assay::Loader> loader_;
  LearningRate learning_rate_;
  std::int64_t units_ = 0, steps_per_epoch_ = 0, batches_per_epoch_ = 0, evaluate_every_ = 0;
  double best_ = -std::numeric_limits<double>::max();
  std::int64_t waited_ = 0;
  std::string monitored_;  // "validation/accuracy", once it is known
  bool stopped_ = false;
  Figures figures_;
  std::vector<torch::nn::Module*> frozen_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Train>(
      "train",
      "Minimizes the objective on the training split, one optimizer step per unit; "
      "evaluates on the validation split, keeps the best weights, and tests at the end.");
}
