// Evaluation of a model on a split, and the rows that come of it.
#include <numeric>

#include <ATen/ops/bincount.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/zeros.h>

#include "assay/sdk/training.h"

namespace assay {
namespace {

void add_classes(Scores& scores, const Output& output, const Batch& batch, std::int64_t classes) {
  const auto predicted = output.logits.argmax(1);
  auto pair = batch.target * classes + predicted;
  auto right = predicted == batch.target;
  if (output.abstained.defined()) {
    pair = pair.masked_select(output.abstained.logical_not());
    right = right.logical_and(output.abstained.logical_not());
    scores.abstained = scores.abstained.value_or(0) + output.abstained.sum().item<std::int64_t>();
  }
  scores.confusion += at::bincount(pair, {}, classes * classes).view({classes, classes}).cpu();
  scores.class_count += at::bincount(batch.target, {}, classes).cpu();
  const auto hit = right.to(torch::kInt64);
  const auto groups = scores.group_count.size(0);
  scores.group_count += at::bincount(batch.group, {}, groups).cpu();
  scores.group_correct += at::zeros({groups}, hit.options()).index_add_(0, batch.group, hit).cpu();
}

void row(Results& results, Split split, const std::string& name, double value) {
  results.metric(std::string(name_of(split)) + "/" + name, value);
}

std::string label(const Strings& names, std::int64_t k) {
  return static_cast<std::size_t>(k) < names.size() ? names[static_cast<std::size_t>(k)]
                                                    : std::to_string(k);
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

void report_classes(Results& results, Split split, const Info& info, const Scores& scores) {
  const auto hits = scores.confusion.diag();
  const auto answers = scores.confusion.sum(0);
  std::vector<double> recalls, f1;
  for (std::int64_t c = 0; c < info.classes; ++c) {
    const auto of = [c](const torch::Tensor& counts) { return counts[c].item<double>(); };
    const double n = of(scores.class_count), right = of(hits);
    if (n > 0) recalls.push_back(right / n);
    if (n > 0) row(results, split, "accuracy/class/" + label(info.class_names, c), recalls.back());
    if (n + of(answers) > 0) f1.push_back(2 * right / (n + of(answers)));
  }
  if (recalls.empty()) return;
  row(results, split, "balanced_accuracy", mean(recalls));
  row(results, split, "macro_f1", mean(f1));
}

void report_refusals(Results& results, Split split, const Scores& scores) {
  const auto all = static_cast<double>(scores.count);
  const auto answered = all - static_cast<double>(*scores.abstained);
  row(results, split, "coverage", answered / all);
  if (answered > 0) row(results, split, "selective_accuracy", scores.accuracy * all / answered);
}

// The average is weighted by the groups' shares of the whole training split, whatever this split's
// are, and whatever a selection has made of them.
void report_groups(Results& results, Split split, const Info& info, const Scores& scores) {
  const auto& sizes = info.whole_group_sizes.empty() ? info.group_sizes : info.whole_group_sizes;
  double average = 0, weights = 0;
  for (std::int64_t g = 0; g < scores.group_count.size(0); ++g) {
    const auto accuracy = scores.group_accuracy(g);
    if (!accuracy) continue;
    row(results, split, "accuracy/group/" + label(info.groups, g), *accuracy);
    const auto weight =
        static_cast<double>(sizes.empty() ? scores.group_count[g].item<std::int64_t>()
                                          : sizes.at(static_cast<std::size_t>(g)));
    average += weight * *accuracy;
    weights += weight;
  }
  average = weights > 0 ? average / weights : scores.accuracy;
  row(results, split, "average", average);
  const double worst = scores.worst_group();
  row(results, split, "worst_group", worst);
  row(results, split, "gap", average - worst);
}

}  // namespace

std::optional<double> Scores::group_accuracy(std::int64_t group) const {
  const auto n = group_count[group].item<std::int64_t>();
  if (n == 0) return {};
  return static_cast<double>(group_correct[group].item<std::int64_t>()) / static_cast<double>(n);
}

double Scores::worst_group() const {
  double worst = 1;
  for (std::int64_t g = 0; g < group_count.size(0); ++g)
    worst = std::min(worst, group_accuracy(g).value_or(1));
  return worst;
}

Scores evaluate(Model& model, const Dataset& dataset, Split split, std::int64_t batch,
                const Context& context) {
  const torch::NoGradGuard no_grad;
  const EvalMode mode(model);
  const Info& info = dataset.info();
  const auto ids = dataset.ids(split);
  const auto groups = std::max<std::int64_t>(1, static_cast<std::int64_t>(info.groups.size()));
  Scores scores;
  scores.confusion = at::zeros({info.classes, info.classes}, torch::kInt64);
  scores.class_count = at::zeros({info.classes}, torch::kInt64);
  scores.group_count = at::zeros({groups}, torch::kInt64);
  scores.group_correct = at::zeros({groups}, torch::kInt64);
  for_pieces(ids, batch, [&](std::size_t start, std::span<const std::int64_t> part) {
    const Context here = context.with(context.rng.fork(start));
    const Batch loaded = to_device(dataset.load(part, here), context.device);
    auto output = model.forward(loaded);
    const auto logits = output.logits = output.logits.to(torch::kFloat);
    const auto loss = info.classes > 0 ? at::cross_entropy_loss(logits, loaded.target)
                                       : at::mse_loss(logits, loaded.target.view_as(logits));
    scores.loss += loss.item<double>() * static_cast<double>(part.size());
    if (info.classes > 0) add_classes(scores, output, loaded, info.classes);
  });
  scores.count = static_cast<std::int64_t>(ids.size());
  if (scores.count > 0) scores.loss /= static_cast<double>(scores.count);
  if (scores.count > 0 && info.classes > 0)
    scores.accuracy = static_cast<double>(scores.confusion.trace().item<std::int64_t>()) /
                      static_cast<double>(scores.count);
  return scores;
}

void report(Results& results, Split split, const Info& info, const Scores& scores, bool detail) {
  if (info.classes == 0) return row(results, split, "mse", scores.loss);
  row(results, split, "accuracy", scores.accuracy);
  row(results, split, "nll", scores.loss);
  if (scores.abstained) report_refusals(results, split, scores);
  if (info.groups.size() > 1) report_groups(results, split, info, scores);
  if (detail) report_classes(results, split, info, scores);
}

}  // namespace assay
