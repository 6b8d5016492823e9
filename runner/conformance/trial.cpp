#include "runner/conformance/trial.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/mse_loss.h>

#include "assay/needs.h"
#include "assay/sdk/posterior.h"
#include "assay/sdk/prediction.h"
#include "runner/conformance/earlier_stage.h"

namespace assay::testing {

std::vector<const Entry*> of_kind(const Registry& registry, std::string_view kind) {
  std::vector<const Entry*> all;
  for (const auto& entry : registry.entries())
    if (kind.empty() || entry.kind == kind) all.push_back(&entry);
  return all;
}

Values required_values(const Entry& entry) {
  Values values;
  for (const auto& field : entry.fields) {
    if (field.type == Type::kComponent && field.kind == "dataset")  // a wrapper around real images
      values[field.name] = Spec{"fashion_mnist", {{"train_limit", std::int64_t{500}}}};
    if (entry.kind == Model::kind && field.name == "predictor")  // which some objectives need
      values[field.name] = std::int64_t{8};
    if (!field.required) continue;
    if (field.type == Type::kComponents && field.kind == "parameter_group")
      values[field.name] = Specs{{"parameters", {{"optimizer", Spec{"sgd", {{"lr", 0.03}}}}}}};
    if (field.kind == kStage && field.type == Type::kStrings)
      values[field.name] = Strings{"before", "between"};
    if (field.kind == kStage && field.type == Type::kString &&
        (field.artifact == kFinalWeights || field.artifact == kPosterior))
      values[field.name] = std::string("before");
    if (field.type == Type::kReals) values[field.name] = Reals{1, 0.3};
    if (field.type == Type::kReal) values[field.name] = 0.5;
    if (field.type == Type::kInteger) values[field.name] = std::int64_t{1};
  }
  return values;
}

Strings lacking_values(const Entry& entry) {
  const auto values = required_values(entry);
  Strings names;
  for (const auto& field : entry.fields)
    if (field.required && !values.contains(field.name)) names.push_back(field.name);
  return names;
}

namespace {

// Whether `abilities` has all that `entry` needs of a component of this kind.
bool meets(const Strings& abilities, const Entry& entry, std::string_view kind) {
  return std::all_of(entry.needs.begin(), entry.needs.end(), [&](const std::string& text) {
    const auto need = need_of(text);
    return need.kind != kind || need.ability.empty() ||
           std::find(abilities.begin(), abilities.end(), need.ability) != abilities.end();
  });
}

template <class I>
std::shared_ptr<I> registered_for(const Registry& registry, const Entry& entry, const Info* info) {
  for (const auto* one : of_kind(registry, I::kind))
    if (meets(one->abilities, entry, I::kind))
      return registry.make<I>({one->name, required_values(*one)}, info);
  throw std::runtime_error("no " + std::string(I::kind) + " has what " + entry.kind + " " +
                           entry.name + " needs");
}

}  // namespace

std::shared_ptr<Dataset> data_for(const Registry& registry, const Entry& entry) {
  if (meets({"Images", "Classes"}, entry, "dataset")) return std::make_shared<TinyData>();
  for (const bool real : {false, true})
    if (meets({"Table", real ? "Values" : "Classes"}, entry, "dataset"))
      return std::make_shared<TinyTable>(real);
  return registered_for<Dataset>(registry, entry, nullptr);
}

std::shared_ptr<Model> model_for(const Registry& registry, const Entry& entry,
                                 const Dataset& data) {
  const auto& info = data.info();
  const double dropout = entry.kind == Predictor::kind ? 0.2 : 0;  // some of them draw by it
  if (meets({"LinearHead", "Fitted"}, entry, "model"))
    return std::make_shared<TinyModel>(dropout, torch::kFloat,
                                       info.classes > 0 ? info.classes : info.targets);
  return registered_for<Model>(registry, entry, &info);
}

// The weights with a deviation of a tenth.
static Posterior posterior_around(const Model& model) {
  Posterior posterior;
  for (const auto& item : model.named_parameters()) {
    posterior.names.push_back(item.key());
    posterior.mean.push_back(item.value().detach().clone());
    posterior.variance.push_back(at::full_like(item.value(), 0.01));
  }
  return posterior;
}

std::shared_ptr<void> build(const Registry& registry, const Entry& entry, const Dataset& data) {
  const auto& info = data.info();
  const auto before = stage_of(model_for(registry, entry, data), info);
  auto between = stage_of(model_for(registry, entry, data), info)->left;
  {
    const torch::NoGradGuard no_grad;
    for (auto& weight : between.model->parameters()) weight.add_(0.1);
  }
  before->artifacts[kPosterior] = to_artifact(posterior_around(*between.model));
  before->others.emplace("between", std::move(between));
  return registry.make(entry.kind, {entry.name, required_values(entry)},
                       {.info = &info, .inputs = before});
}

std::vector<Term> OneTerm::evaluate(Model& model, const Batch& batch, const Context&) {
  return {{at::cross_entropy_loss(model.forward(batch).logits, batch.target), 1.0}};
}

std::vector<Term> SquaredError::evaluate(Model& model, const Batch& batch, const Context&) {
  return {{at::mse_loss(model.forward(batch).logits, batch.target), 1.0}};
}

std::shared_ptr<Objective> objective_for(const Dataset& data) {
  if (data.info().classes > 0) return std::make_shared<OneTerm>();
  return std::make_shared<SquaredError>();
}

bool same(const Tensors& a, const Tensors& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto x = a[i].contiguous(), y = b[i].contiguous();
    if (x.nbytes() != y.nbytes() || std::memcmp(x.data_ptr(), y.data_ptr(), x.nbytes()) != 0)
      return false;
  }
  return true;
}

Tensors copies(const Tensors& list) {
  Tensors all;
  for (const auto& tensor : list) all.push_back(tensor.detach().clone());
  return all;
}

Tensors tensors_of(const torch::nn::Module& module) {
  auto all = module.parameters();
  for (const auto& buffer : module.buffers()) all.push_back(buffer);
  return all;
}

Tensors tensors_of(const Batch& batch) {
  return {batch.input, batch.target, batch.id, batch.group};
}

namespace {

Strings names_of(const State& state) {
  Strings names;
  for (const auto& [name, tensor] : state.tensors()) names.push_back(name);
  for (const auto& [name, scalar] : state.scalars()) names.push_back(name);
  return names;
}

}  // namespace

void hand_over(const Stateful& from, Stateful& to) {
  State state;
  from.save(state);
  TensorMap tensors;
  for (const auto& [name, tensor] : state.tensors()) tensors[name] = tensor.clone();
  const State saved(std::move(tensors), state.scalars());
  to.load(saved);
  if (const auto left = saved.unread(); !left.empty())
    throw Error(ErrorKind::kPlugin, "load() does not read what save() wrote: " + listed(left));
  State again;  // a resumed trial may be stopped before its next unit
  to.save(again);
  if (names_of(again) != names_of(saved))
    throw Error(ErrorKind::kPlugin,
                "save() right after load() writes other entries: " + listed(names_of(again)) +
                    " instead of " + listed(names_of(saved)));
}

namespace {

// All that a trial saves and loads.
class Whole {
 public:
  Whole(const Registry& registry, const TinyTrial& trial) : registry_(registry), trial_(trial) {
    const Info* info = &trial.data->info();
    parts.dataset = trial.data;
    parts.objective = trial.objective;
    parts.inputs = trial.inputs;
    parts.model = trial.model ? trial.model() : std::make_shared<TinyModel>();
    parts.optimizer = registry.make<Optimizer>(trial.optimizer, info);
    procedure = registry.make<Procedure>(trial.procedure, info);
    for (const auto& [kind, spec] : trial.others)
      parts.others[kind] = {registry.make(kind, spec, {.info = info}),
                            registry.find(kind, spec.use).version};
  }

  std::unique_ptr<Whole> again() const {
    auto fresh = std::make_unique<Whole>(registry_, trial_);
    const torch::NoGradGuard no_grad;
    const auto from = tensors_of(*parts.model), to = tensors_of(*fresh->parts.model);
    for (std::size_t i = 0; i < from.size(); ++i) to[i].copy_(from[i]);
    const auto saved = components(), loaded = fresh->components();
    for (std::size_t i = 0; i < saved.size(); ++i) hand_over(*saved[i], *loaded[i]);
    return fresh;
  }

  Parts parts;
  std::shared_ptr<Procedure> procedure;

 private:
  std::vector<Stateful*> components() const {
    std::vector<Stateful*> all{procedure.get(), parts.optimizer.get()};
    if (auto* model = dynamic_cast<Stateful*>(parts.model.get())) all.push_back(model);
    for (const auto& [kind, spec] : trial_.others)
      all.push_back(registry_.find(kind, spec.use).stateful(parts.others.at(kind).made.get()));
    return all;
  }

  const Registry& registry_;
  TinyTrial trial_;
};

}  // namespace

Run carry_out(const Registry& registry, const TinyTrial& trial, std::int64_t stop,
              std::uint64_t seed) {
  auto whole = std::make_unique<Whole>(registry, trial);
  const Whole asked(registry, trial);  // in a process of its own, if a manifest is run
  asked.procedure->check(asked.parts);
  Rows results;
  const Context context{torch::kCPU, Rng(seed), nullptr};
  const auto units = whole->procedure->units(whole->parts);
  std::int64_t unit = 0;
  for (; unit < units && !whole->procedure->finished(); ++unit) {
    if (unit == stop) whole = whole->again();
    seed_default_generators(context.rng.fork("unit").fork(static_cast<std::uint64_t>(unit)),
                            torch::kCPU);
    whole->procedure->advance(unit, whole->parts, context, results);
  }
  Run run{results.rows, copies(tensors_of(*whole->parts.model)), {}, unit};
  for (const auto& [name, artifact] : results.artifacts)
    for (const auto& [key, tensor] : artifact) run.artifacts.push_back(tensor);
  return run;
}

Predictions predict_resumed(const std::function<std::shared_ptr<Predictor>()>& make, Parts& parts,
                            std::int64_t batch, std::int64_t stop) {
  const std::shared_ptr<Dataset> data = parts.dataset;
  const Context context{torch::kCPU, Rng(1), nullptr};
  const auto make_loop = [&] {
    return std::make_unique<PredictionLoop>(make(), data, Split::kValidation, batch,
                                            Keeps{.members = true});
  };
  auto loop = make_loop();
  for (std::int64_t unit = 0; unit < loop->units(); ++unit) {
    if (unit == stop) {
      const auto before = std::exchange(loop, make_loop());
      hand_over(*before, *loop);
    }
    loop->advance(unit, parts, context);
  }
  return loop->finish();
}

}  // namespace assay::testing
