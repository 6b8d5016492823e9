// The error set of JTT: Liu, Haghgoo, Chen, Raghunathan, Koh, Sagawa, Liang and Finn, "Just Train
// Twice: Improving Group Robustness without Training Group Information", ICML 2021.
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "assay/registry.h"
#include "assay/sdk/training.h"

namespace {

using assay::Split;
using Ids = std::vector<std::int64_t>;

class ErrorSet final : public assay::Procedure {
 public:
  struct Params {
    std::int64_t upweight = 50;
    std::int64_t batch = 256;
  };

  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .field("upweight", &Params::upweight, assay::at_least(1),
               "How many times a misclassified training sample occurs in the artifact `ids`; all "
               "others occur once.")
        .field("batch", &Params::batch, assay::at_least(1), "Samples per forward pass.");
  }
  static assay::Strings needs() { return {"model", "weights", "dataset/Classes"}; }
  static assay::Strings artifacts() { return {"ids"}; }

  ErrorSet(Params params, const assay::Info& info) : p_(params) {
    if (info.classes == 0)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "the dataset has no classes: use a classification dataset");
  }

  std::int64_t units(const assay::Parts& parts) const override {
    const auto samples = static_cast<std::int64_t>(parts.dataset->ids(Split::kTrain).size());
    return (samples + of_unit() - 1) / of_unit();
  }

  void advance(std::int64_t unit, assay::Parts& parts, const assay::Context& context,
               assay::Results& results) override {
    const assay::EvalMode mode(*parts.model);
    const auto ids = parts.dataset->ids(Split::kTrain);
    const auto size = static_cast<std::int64_t>(ids.size());
    const auto end = std::min(size, (unit + 1) * of_unit());
    for (auto start = unit * of_unit(); start < end; start += p_.batch)
      count_errors(start, ids.subspan(start, std::min(p_.batch, end - start)), parts, context);
    if (end == size) finish(*parts.dataset, context, results);
  }

  void save(assay::State& state) const override {
    state.put("wrong", torch::tensor(wrong_, torch::kInt64));
  }
  void load(const assay::State& state) override {
    const auto wrong = state.tensor("wrong").cpu().contiguous();
    const auto* first = wrong.const_data_ptr<std::int64_t>();
    wrong_.assign(first, first + wrong.numel());
  }

 private:
  std::int64_t of_unit() const { return 16 * p_.batch; }

  void count_errors(std::int64_t start, std::span<const std::int64_t> ids, assay::Parts& parts,
                    const assay::Context& context) {
    const torch::NoGradGuard no_grad;
    const auto here = context.with(context.rng.fork("error_set").fork(start));
    const auto batch = assay::to_device(parts.dataset->load(ids, here), context.device);
    const auto wrong = parts.model->forward(batch).logits.argmax(1) != batch.target;
    const auto rows = wrong.nonzero().squeeze(1).cpu();
    for (std::int64_t k = 0; k < rows.size(0); ++k)
      wrong_.push_back(start + rows.const_data_ptr<std::int64_t>()[k]);
  }

  void finish(const assay::Dataset& dataset, const assay::Context& context,
              assay::Results& results) const {
    const auto all = dataset.ids(Split::kTrain);
    Ids ids(all.begin(), all.end());
    for (const auto place : wrong_)
      ids.insert(ids.end(), p_.upweight - 1, all[static_cast<std::size_t>(place)]);
    std::sort(ids.begin(), ids.end());
    results.artifact("ids", {{"ids", torch::tensor(ids, torch::kInt64)}});
    results.metric("error_set/errors", static_cast<double>(wrong_.size()));
    results.metric("error_set/size", static_cast<double>(ids.size()));
    if (wrong_.empty())
      context.note("the model makes no error on the training split, so `ids` has each sample once");
    else
      report_groups(dataset, results);
  }

  void report_groups(const assay::Dataset& dataset, assay::Results& results) const {
    const auto groups = dataset.groups(Split::kTrain);
    if (groups.empty()) return;
    const auto& names = dataset.info().groups;
    std::vector<double> counts(names.size());
    for (const auto place : wrong_)
      ++counts.at(static_cast<std::size_t>(groups[static_cast<std::size_t>(place)]));
    for (std::size_t g = 0; g < names.size(); ++g)
      results.metric("error_set/share/" + names[g], counts[g] / static_cast<double>(wrong_.size()));
  }

  Params p_;
  Ids wrong_;  // places in the training split, ascending
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<ErrorSet>("error_set",
                         "Finds the training samples that a model misclassifies, and repeats them "
                         "for the next stage, as in Just Train Twice (Liu et al., ICML 2021).");
}
