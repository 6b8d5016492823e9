#include "tests/support/tiny_trial.h"

#include <cstring>

#include <ATen/ops/cross_entropy_loss.h>

namespace assay::testing {

std::vector<const Entry*> of_kind(std::string_view kind) {
  std::vector<const Entry*> all;
  for (const auto& entry : plugins().entries())
    if (kind.empty() || entry.kind == kind) all.push_back(&entry);
  return all;
}

Values required_values(const Entry& entry) {
  Values values;
  for (const auto& field : entry.fields) {
    if (field.type == Type::kComponent && field.kind == "dataset")  // a wrapper around real images
      values[field.name] = Spec{"fashion_mnist", {{"train_limit", std::int64_t{500}}}};
    if (!field.required) continue;
    if (field.type == Type::kReals) values[field.name] = Reals{1, 0.3};
    if (field.type == Type::kReal) values[field.name] = 0.5;
    if (field.type == Type::kInteger) values[field.name] = std::int64_t{1};
  }
  return values;
}

std::shared_ptr<Dataset> suited_to(const Entry& entry) {
  const std::shared_ptr<Dataset> all[] = {std::make_shared<TinyData>(),
                                          std::make_shared<TinyTable>(false),
                                          std::make_shared<TinyTable>(true)};
  for (const auto& data : all) try {
      plugins().make(entry.kind, {entry.name, {}}, &data->info());
      return data;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kParameter) throw;
    }
  return all[0];
}

std::vector<Term> OneTerm::evaluate(Model& model, const Batch& batch, const Context&) {
  return {{at::cross_entropy_loss(model.forward(batch.input).logits, batch.target), 1.0}};
}

std::vector<Term> TwoTerms::evaluate(Model& model, const Batch& batch, const Context&) {
  const auto logits = model.forward(batch.input).logits;
  const auto fit = [logits, target = batch.target](at::Reduction::Reduction reduction) {
    return at::cross_entropy_loss(logits, target, {}, reduction);
  };
  return {{fit(at::Reduction::Mean), 1.0, [fit] { return fit(at::Reduction::None); }},
          {(logits - 1).square().mean(), 0.5, [logits] { return (logits - 1).square().mean(1); }}};
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

Run carry_out(const TinyTrial& trial, std::int64_t stop, std::uint64_t seed) {
  Parts parts;
  const auto& data = trial.data;
  parts.dataset = data;
  parts.objective = trial.objective;
  auto model = std::make_shared<TinyModel>();
  parts.model = model;
  parts.optimizer = plugins().make<Optimizer>(trial.optimizer, &data->info());
  auto procedure = plugins().make<Procedure>(trial.procedure, &data->info());
  Rows results;
  const Context context{torch::kCPU, Rng(seed), nullptr};
  const auto units = procedure->units(parts);
  for (std::int64_t unit = 0; unit < units && !procedure->finished(); ++unit) {
    if (unit == stop) {
      State state, optimizer_state;
      procedure->save(state);
      parts.optimizer->save(optimizer_state);
      for (auto* saved : {&state, &optimizer_state})
        for (auto& [key, tensor] : saved->tensors) tensor = tensor.clone();
      auto fresh = std::make_shared<TinyModel>();
      const torch::NoGradGuard no_grad;
      for (std::size_t i = 0; i < model->parameters().size(); ++i)
        fresh->parameters()[i].copy_(model->parameters()[i]);
      for (std::size_t i = 0; i < model->buffers().size(); ++i)
        fresh->buffers()[i].copy_(model->buffers()[i]);
      procedure.reset();
      parts.model = model = fresh;
      parts.optimizer = plugins().make<Optimizer>(trial.optimizer, &data->info());
      parts.optimizer->load(optimizer_state);
      procedure = plugins().make<Procedure>(trial.procedure, &data->info());
      procedure->load(state);
    }
    procedure->advance(unit, parts, context, results);
  }
  auto weights = copies(model->parameters());
  for (const auto& buffer : model->buffers()) weights.push_back(buffer.clone());
  return {results.rows, weights};
}

}  // namespace assay::testing
