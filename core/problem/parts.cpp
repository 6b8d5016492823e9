// BatchProblem by terms and by groups: what each batch contributes to the loss of each part.
#include <cmath>

#include "assay/sdk/tensors.h"
#include "core/problem/differentiate.h"
#include "core/problem/step.h"
#include "core/runtime/runtime.h"

namespace assay {
namespace {

// Parts by group, in ascending order. `share` is the sum of the samples' weights, divided by the
// number of all samples.
std::vector<Part> groups_of(const std::vector<Batch>& batches, std::int64_t all) {
  std::map<std::int64_t, Part> groups;
  for (const auto& batch : batches) {
    const auto ids = batch.group.to(torch::kCPU).contiguous();
    const auto weights = batch.weight.defined()
                             ? batch.weight.to(torch::kCPU).to(torch::kDouble).contiguous()
                             : batch.weight;
    for (std::int64_t k = 0; k < ids.size(0); ++k) {
      const auto id = ids.data_ptr<std::int64_t>()[k];
      auto& group = groups.try_emplace(id, Part{.index = id, .share = 0}).first->second;
      ++group.samples;
      group.share += weights.defined() ? weights.data_ptr<double>()[k] : 1;
    }
  }
  std::vector<Part> present;
  for (auto& [id, group] : groups)
    if (group.share != 0) {
      group.share /= static_cast<double>(all);
      present.push_back(std::move(group));
    }
  return present;
}

Batch of_group(const Batch& batch, std::int64_t group) {
  return batch.select((batch.group == group).nonzero().squeeze(1));
}

}  // namespace

std::vector<Part> BatchProblem::Impl::present(By by) const {
  if (by == By::kGroup) return groups_of(batches, samples);
  std::vector<Part> parts;
  const auto counts = term_samples();
  for (std::size_t k = 0; k < counts.size(); ++k)
    if (counts[k] > 0)
      parts.push_back(
          {.index = static_cast<std::int64_t>(k), .samples = static_cast<std::int64_t>(counts[k])});
  return parts;
}

std::string BatchProblem::Impl::name_of(By by, const Part& part) const {
  const auto index = static_cast<std::size_t>(part.index);
  if (by == By::kTerm) return name_of_term(index);
  const auto& groups = setting->options.groups;
  return "the loss of group " +
         (index < groups.size() ? groups[index] : std::to_string(part.index));
}

std::vector<Piece> BatchProblem::Impl::pieces_of_terms(const Batch& batch, std::size_t index,
                                                       const std::vector<Part>& parts) const {
  const auto terms = part(batch, index);
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& term = terms[static_cast<std::size_t>(parts[i].index)];
    pieces.push_back({i, term.value, term.weight});
  }
  return pieces;
}

std::optional<std::vector<Piece>> BatchProblem::Impl::pieces_of_groups(
    const Batch& batch, std::size_t index, const std::vector<Part>& parts) const {
  const Autocast autocast(setting->options.bf16, setting->context.device);
  torch::Tensor each_sample;
  const auto terms = forward(batch, index);
  for (std::size_t k = 0; k < terms.size(); ++k) {
    if (!terms[k].per_sample.defined()) return std::nullopt;
    if (!batch.weight.defined()) check_mean(setting->objective, k, terms[k]);
    const auto loss = terms[k].per_sample * terms[k].weight;
    each_sample = each_sample.defined() ? each_sample + loss : loss;
  }
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto mask = batch.group == parts[i].index;
    if (!mask.any().item<bool>()) continue;
    const double mass = parts[i].share * static_cast<double>(samples);
    pieces.push_back({i, each_sample.masked_select(mask).sum() / mass, 1});
  }
  return pieces;
}

std::vector<Piece> BatchProblem::Impl::pieces_by_evaluation(const Batch& batch, std::size_t index,
                                                            const std::vector<Part>& parts) const {
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto own = of_group(batch, parts[i].index);
    if (own.size() == 0) continue;
    const double share =
        static_cast<double>(own.size()) / (parts[i].share * static_cast<double>(samples));
    pieces.push_back({i, sum_of(forward(own, index)), share});
  }
  return pieces;
}

// Groups share the samples of a step, so each term must be a mean over all of them.
void BatchProblem::Impl::check_whole() const {
  const auto counts = term_samples();
  for (std::size_t k = 0; k < counts.size(); ++k)
    if (counts[k] != static_cast<double>(samples))
      throw Error(ErrorKind::kParameter,
                  name_of_term(k) + " is a mean over " + std::to_string(std::llround(counts[k])) +
                      " of the step's " + std::to_string(samples) +
                      " samples, so the loss cannot be taken apart by groups: use a rule over "
                      "terms, or an objective such as cross_entropy");
}

void BatchProblem::Impl::each_batch(
    By by, Graph graph, const std::vector<Part>& parts,
    const std::function<void(const std::vector<Piece>&)>& body) const {
  if (by == By::kTerm) {
    each(graph, [&](const Batch& batch, std::size_t i) { body(pieces_of_terms(batch, i, parts)); });
    return;
  }
  setting->check_decomposes("take groups apart", "use a rule over terms, or no rule");
  // The step's batch-norm statistics are those of this pass over whole batches, also if it gives no
  // losses per sample.
  std::size_t given = 0;
  each(graph, [&](const Batch& batch, std::size_t i) {
    const auto pieces = pieces_of_groups(batch, i, parts);
    if (!pieces) return;
    ++given;
    body(*pieces);
  });
  if (given == batches.size()) return;
  check_whole();
  if (given > 0)
    throw Error(ErrorKind::kPlugin,
                "the objective gives losses per sample for some batches of a step and not for "
                "others; it must give them always or never");
  each(graph,
       [&](const Batch& batch, std::size_t i) { body(pieces_by_evaluation(batch, i, parts)); });
}

void BatchProblem::Impl::add_losses(By by, const std::vector<Piece>& pieces,
                                    std::vector<Part>& parts) const {
  for (const auto& piece : pieces) {
    auto& part = parts[piece.part];
    part.loss += piece.factor * checked(piece.value, name_of(by, part));
  }
}

void BatchProblem::Impl::add_gradients(By by, const std::vector<Piece>& pieces,
                                       std::vector<Part>& parts) const {
  const auto is_constant = [](const Piece& piece) { return !piece.value.requires_grad(); };
  if (pieces.size() > 1 && std::all_of(pieces.begin(), pieces.end(), is_constant))
    check_depends(pieces.front().value);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    auto& part = parts[pieces[i].part];
    auto gradient = differentiate(pieces[i].loss(), parameters(), i + 1 < pieces.size());
    add(part.gradient, checked(std::move(gradient), name_of(by, part)));
  }
}

std::vector<Part> BatchProblem::losses(By by) {
  auto parts = impl_->present(by);
  impl_->each_batch(by, Graph::kNone, parts,
                    [&](const auto& pieces) { impl_->add_losses(by, pieces, parts); });
  return parts;
}

std::vector<Part> BatchProblem::gradients(By by) {
  auto parts = impl_->present(by);
  impl_->each_batch(by, Graph::kOne, parts, [&](const auto& pieces) {
    impl_->add_losses(by, pieces, parts);
    impl_->add_gradients(by, pieces, parts);
  });
  if (by == By::kTerm) impl_->report(parts);
  return parts;
}

Part BatchProblem::gradient_of(By by, std::int64_t index) {
  auto parts = impl_->present(by);
  std::erase_if(parts, [&](const Part& part) { return part.index != index; });
  if (parts.empty())
    throw Error(ErrorKind::kParameter,
                "the optimizer asks for the gradient of " + impl_->name_of(by, {.index = index}) +
                    ", which this step lacks: ask for a part that losses() or gradients() lists");
  const auto add = [&](const std::vector<Piece>& pieces) {
    impl_->add_losses(by, pieces, parts);
    impl_->add_gradients(by, pieces, parts);
  };
  if (by == By::kGroup)
    impl_->each_batch(by, Graph::kOne, parts, add);
  else
    impl_->each(Graph::kOne, [&](const Batch& batch, std::size_t i) {
      const auto term = impl_->part_of_term(static_cast<std::size_t>(index), batch, i);
      add({{0, term.value, term.weight}});
    });
  return std::move(parts.front());
}

Gradient BatchProblem::weighted_gradient(By by, const Weigh& weigh) {
  Gradient sum;
  auto parts = impl_->present(by);
  std::vector<double> weights;
  // With several batches, the losses that decide on the weights are known after a first pass.
  const bool known = impl_->batches.size() > 1;
  if (known) weights = weigh(parts = losses(by));
  impl_->each_batch(by, Graph::kOne, parts, [&](const std::vector<Piece>& pieces) {
    if (!known) {
      impl_->add_losses(by, pieces, parts);
      weights = weigh(parts);
    }
    torch::Tensor loss;
    for (const auto& [part, value, factor] : pieces) {
      const auto weighted = Piece{part, value, factor * weights.at(part)}.loss();
      loss = loss.defined() ? loss + weighted : weighted;
    }
    if (!loss.defined()) return;
    impl_->check_depends(loss);
    add(sum.tensors, differentiate(loss, parameters(), false));
  });
  if (sum.tensors.empty()) sum.tensors = zeros(parameters());
  if (!impl_->is_accepted(sum.tensors)) gradients(by);  // throws, with the name of the part
  impl_->checked(sum.tensors, "the weighted loss");
  for (const auto& part : parts) sum.loss += part.share * part.loss;
  if (by == By::kTerm) impl_->report(parts);
  return sum;
}

}  // namespace assay
