// One loop over a split for all procedures.
#include "assay/sdk/prediction.h"

#include <cmath>

#include <ATen/ops/cat.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/logaddexp.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include "assay/sdk/tensors.h"
#include "assay/sdk/training.h"
#include "core/data/check_data.h"

namespace assay {
namespace {

// All of one kind after another; undefined if there are none.
torch::Tensor joined(const std::vector<Predictions>& parts, torch::Tensor Predictions::*member) {
  Tensors all;
  for (const auto& part : parts)
    if ((part.*member).defined()) all.push_back(part.*member);
  return all.empty() ? torch::Tensor() : at::cat(all);
}

constexpr std::pair<const char*, torch::Tensor Predictions::*> kTensors[] = {
    {"id", &Predictions::id},
    {"target", &Predictions::target},
    {"group", &Predictions::group},
    {"log_probability", &Predictions::log_probability},
    {"label", &Predictions::label},
    {"value", &Predictions::value},
    {"abstained", &Predictions::abstained},
    {"features", &Predictions::features},
    {"logits", &Predictions::logits}};

// Sums probabilities, or values, and keeps what the first pass gave of the rest.
void add_to(Predictions& sum, const Predictions& more) {
  if (more.log_probability.defined())
    sum.log_probability =
        at::logaddexp(sum.log_probability, more.log_probability.to(torch::kDouble));
  if (more.value.defined()) sum.value = sum.value + more.value;
  if (more.abstained.defined()) sum.abstained = sum.abstained.logical_or(more.abstained);
}

Tensors weights_of(Model& model) {
  auto all = model.parameters();
  for (const auto& buffer : model.buffers()) all.push_back(buffer);
  return all;
}

// What is averaged over passes, and what metrics read, has a row per sample and the dataset's
// columns.
void check_columns(const Predictions& found, const Info& info) {
  const auto columns = info.classes > 0 ? info.classes : info.targets;
  const auto& answers = found.log_probability.defined() ? found.log_probability : found.value;
  if (!answers.defined() ||
      (answers.dim() == 2 && answers.size(0) == found.id.size(0) && answers.size(1) == columns))
    return;
  throw Error(ErrorKind::kShape, "the predictions have the shape " + c10::str(answers.sizes()) +
                                     ", expected [" + std::to_string(found.id.size(0)) + ", " +
                                     std::to_string(columns) +
                                     "]: a row per sample and a column per " +
                                     (info.classes > 0 ? "class" : "target"));
}

// Probabilities or logits in place of their logarithms would give numbers of every metric.
void check_normalized(const Predictions& found) {
  if (!found.log_probability.defined()) return;
  const auto sum = found.log_probability.to(torch::kDouble).exp().sum(1);
  auto wrong = (sum - 1).abs() > 0.01;  // NaN is told elsewhere
  if (found.abstained.defined()) wrong = wrong.logical_and(found.abstained.logical_not());
  if (wrong.any().item<bool>())
    throw Error(
        ErrorKind::kPlugin,
        "the predictor gives log_probability whose probabilities do not add up to 1: it must "
        "be log_softmax of the logits",
        std::string(Predictor::kind));
}

// What a predictor reads of targets, whether they are classes or values, is that of the stage's
// dataset.
torch::Tensor blank_targets(const Info& info, std::int64_t samples) {
  if (info.classes > 0) return at::zeros({samples}, torch::kInt64);
  return at::zeros({samples, info.targets}, torch::kFloat);
}

void restore(Model& model, const Tensors& before) {
  const torch::NoGradGuard no_grad;
  const auto weights = weights_of(model);
  for (std::size_t i = 0; i < before.size(); ++i) weights.at(i).copy_(before[i]);
}

}  // namespace

Predictions OnePass::predict(Model& model, const Batch& batch, const Context&) {
  const torch::NoGradGuard no_grad;
  const auto output = model.forward(batch);
  Predictions found;
  found.features = output.features;
  found.abstained = output.abstained;
  if (!output.logits.defined()) return found;
  if (output.logits.dim() != 2)
    throw Error(ErrorKind::kShape,
                "forward() of the model gives logits of " + std::to_string(output.logits.dim()) +
                    " dimensions, expected [B, classes]",
                std::string(Model::kind));
  const auto logits = output.logits.to(torch::kFloat);
  found.logits = logits;
  if (batch.target.is_floating_point()) {
    found.value = logits;
  } else {
    found.log_probability = at::log_softmax(logits, 1);
    found.label = logits.argmax(1);
  }
  return found;
}

PredictionLoop::PredictionLoop(std::shared_ptr<Predictor> predictor,
                               std::shared_ptr<const Dataset> dataset, Split split,
                               std::int64_t batch, Keeps keeps, bool targets)
    : predictor_(std::move(predictor)),
      dataset_(std::move(dataset)),
      split_(split),
      batch_(batch),
      keeps_(keeps),
      targets_(targets) {}

std::int64_t PredictionLoop::batches() const {
  return (std::ssize(dataset_->ids(split_)) + batch_ - 1) / batch_;
}

void PredictionLoop::advance(std::int64_t unit, Parts& parts, const Context& context) {
  const auto pass = unit / batches(), place = unit % batches();
  const EvalMode mode(*parts.model);
  if (!in_pass_) begin_pass(pass, parts, context);
  in_pass_ = place + 1 < batches();
  const auto ids = dataset_->ids(split_);
  const auto start = static_cast<std::size_t>(place * batch_);
  const auto part =
      ids.subspan(start, std::min(static_cast<std::size_t>(batch_), ids.size() - start));
  const auto here = context.with(context.rng.fork(start));
  auto loaded = dataset_->load(part, here);
  check_loaded(loaded, part, dataset_->info());
  if (!targets_) loaded.target = blank_targets(parts.dataset->info(), loaded.size());
  const auto batch = to_device(std::move(loaded), context.device);
  auto found =
      predictor_->predict(*parts.model, batch, context.with(here.rng.fork("predict").fork(pass)));
  if (keeps_.answers && targets_ && !found.log_probability.defined() && !found.value.defined())
    add_terms(parts, batch, here);
  found.id = batch.id;
  if (targets_) {
    found.target = batch.target;
    found.group = batch.group;
  }
  add(pass, static_cast<std::size_t>(place), targets_ ? dataset_->info() : parts.dataset->info(),
      std::move(found));
  if (!in_pass_) restore(*parts.model, std::exchange(before_, {}));
}

// A pass that is resumed begins with the weights as they were before it.
void PredictionLoop::begin_pass(std::int64_t pass, Parts& parts, const Context& context) {
  restore(*parts.model, before_);
  if (predictor_->changes_weights() && before_.empty()) before_ = clone(weights_of(*parts.model));
  predictor_->begin_pass(pass, parts, context.with(context.rng.fork("pass").fork(pass)));
}

void PredictionLoop::add(std::int64_t pass, std::size_t place, const Info& info,
                         Predictions found) {
  if (!keeps_.features) found.features.reset();
  if (!keeps_.logits) found.logits.reset();
  if (!keeps_.answers)
    for (auto* answer : {&found.log_probability, &found.label, &found.value, &found.abstained})
      answer->reset();
  for (const auto& [name, member] : kTensors)
    if ((found.*member).defined()) found.*member = (found.*member).detach().cpu();
  check_columns(found, info);
  check_normalized(found);
  if (keeps_.members) {
    if (std::ssize(members_) <= pass) members_.resize(static_cast<std::size_t>(pass) + 1);
    members_.back().push_back(found.log_probability.defined() ? found.log_probability
                                                              : found.value);
  }
  if (pass > 0) return add_to(found_.at(place), found);
  if (predictor_->passes() > 1 && found.log_probability.defined())
    found.log_probability = found.log_probability.to(torch::kDouble);
  found_.push_back(std::move(found));
}

// Means over samples, as a step has them.
void PredictionLoop::add_terms(Parts& parts, const Batch& batch, const Context& context) {
  if (!parts.objective)
    throw Error(ErrorKind::kParameter,
                "the model gives no logits, so it can be measured by the terms of an objective "
                "only: add `objective:` to the manifest, or use a predictor for such models");
  auto& objective = *parts.objective;
  const auto stream = [&](const char* name) {
    const auto own = context.with(context.rng.fork(name));
    seed_default_generators(own.rng, own.device);
    return own;
  };
  const auto prepared = [&] {
    const torch::AutoGradMode grad(true);
    return objective.prepare(*parts.model, batch, stream("prepare"));
  }();
  const torch::NoGradGuard no_grad;
  const auto terms = objective.evaluate(*parts.model, prepared, stream("terms"));
  for (std::size_t k = 0; k < terms.size(); ++k) {
    const auto samples = static_cast<double>(objective.samples(k, prepared));
    const double value = terms[k].value.item<double>();
    terms_[objective.terms()[k]] += value * samples;
    counts_[objective.terms()[k]] += samples;
    if (samples == 0) continue;
    weights_[objective.terms()[k]] = terms[k].weight;
  }
}

Predictions PredictionLoop::finish() const {
  Predictions all;
  all.info = dataset_->info();
  for (const auto& [name, member] : kTensors) all.*member = joined(found_, member);
  const auto passes = static_cast<double>(predictor_->passes());
  if (passes > 1 && all.log_probability.defined()) {
    all.log_probability = (all.log_probability - std::log(passes)).to(torch::kFloat);
    all.label.reset();
  }
  if (all.log_probability.defined() && !all.label.defined())
    all.label = all.log_probability.argmax(1);
  if (passes > 1 && all.value.defined()) all.value = all.value / passes;
  Tensors members;
  for (const auto& pass : members_) members.push_back(at::cat(pass));
  if (!members.empty()) all.members = at::stack(members);
  for (const auto& [name, sum] : terms_) {
    const double count = counts_.at(name);
    if (count == 0) continue;
    all.terms["term/" + name] = sum / count;
    all.terms["loss"] += weights_.at(name) * sum / count;
  }
  return all;
}

void PredictionLoop::save(State& state) const {
  state.put_nested("predictor", *predictor_);
  state.put_list("before", before_);
  for (const auto& [name, member] : kTensors)
    if (const auto all = joined(found_, member); all.defined()) state.put(name, all);
  Integers sizes;
  for (const auto& part : found_) sizes.push_back(part.id.size(0));
  state.put("sizes", sizes);
  Strings names;
  Reals sums, counts, weights;
  for (const auto& [name, sum] : terms_) {
    names.push_back(name);
    sums.push_back(sum);
    counts.push_back(counts_.at(name));
    weights.push_back(weights_.contains(name) ? weights_.at(name) : 0);
  }
  state.put("terms", names);
  state.put("sums", sums);
  state.put("counts", counts);
  state.put("weights", weights);
  for (std::size_t pass = 0; pass < members_.size(); ++pass)
    state.put("members" + std::to_string(pass), at::cat(members_[pass]));
}

void PredictionLoop::load(const State& state) {
  predictor_->load(state.nested("predictor"));
  before_ = clone(state.list("before"));
  const auto& sizes = state.scalar<Integers>("sizes");
  found_.assign(sizes.size(), {});
  for (const auto& [name, member] : kTensors) {
    if (!state.has(name)) continue;
    const auto parts = state.tensor(name).cpu().split_with_sizes(sizes);
    for (std::size_t i = 0; i < sizes.size(); ++i) found_[i].*member = parts[i].clone();
  }
  const auto& names = state.scalar<Strings>("terms");
  const auto &sums = state.scalar<Reals>("sums"), &counts = state.scalar<Reals>("counts"),
             &weights = state.scalar<Reals>("weights");
  for (std::size_t i = 0; i < names.size(); ++i) {
    terms_[names[i]] = sums.at(i);
    counts_[names[i]] = counts.at(i);
    weights_[names[i]] = weights.at(i);
  }
  members_.clear();
  for (std::int64_t pass = 0; pass < predictor_->passes(); ++pass) {
    const auto name = "members" + std::to_string(pass);
    if (state.has(name)) members_.push_back({state.tensor(name).cpu().clone()});
  }
}

void check_not_nan(const Predictions& found, const std::string& set) {
  for (const auto* values : {&found.log_probability, &found.value, &found.features}) {
    if (!values->defined() || values->numel() == 0) continue;
    auto wrong = values->isnan().flatten(1).any(1);
    if (found.abstained.defined()) wrong = wrong.logical_and(found.abstained.logical_not());
    const auto count = wrong.sum().item<std::int64_t>();
    if (count == 0) continue;
    const auto first = found.id.masked_select(wrong)[0].item<std::int64_t>();
    throw Error(ErrorKind::kNumeric, "the model gives NaN for " + std::to_string(count) + " of " +
                                         std::to_string(found.size()) + " samples of `" + set +
                                         "`, first for id " + std::to_string(first) +
                                         ": its weights or its input are not finite, or overflow");
  }
}

void check_predictor(const std::shared_ptr<Predictor>& predictor, const Model& model) {
  if (predictor) within("procedure.predictor", [&] { predictor->check(model); });
}

Predictions predict(Parts& parts, Split split, std::int64_t batch, Keeps keeps,
                    const Context& context) {
  PredictionLoop loop(std::make_shared<OnePass>(), parts.dataset, split, batch, keeps);
  for (std::int64_t unit = 0; unit < loop.units(); ++unit) loop.advance(unit, parts, context);
  return loop.finish();
}

}  // namespace assay
