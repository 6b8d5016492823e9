// Symmetric label noise on the training split, as in van Rooyen, Menon and Williamson, "Learning
// with symmetric label noise: the importance of being unhinged", NeurIPS 2015.
#include <algorithm>

#include "assay/dataset.h"
#include "assay/registry.h"

namespace {

using assay::Split;

class LabelNoise final : public assay::Dataset {
 public:
  struct Params {
    std::shared_ptr<assay::Dataset> dataset;
    double rate = 0.2;
    std::int64_t noise_seed = 0;
  };

  static assay::Strings needs() { return {"dataset/Classes"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .required_component("dataset", &Params::dataset,
                            "Classification dataset to add label noise to.")
        .field(
            "rate", &Params::rate, between(0, 1),
            "Probability that a training label is replaced by another class, drawn uniformly from "
            "all other classes.")
        .field("noise_seed", &Params::noise_seed, at_least(0),
               "Seed of the noise; trials with the same value have the same noise.");
  }

  explicit LabelNoise(const Params& p)
      : inner_(p.dataset),
        rng_(assay::Rng(static_cast<std::uint64_t>(p.noise_seed)).fork("label_noise")) {
    if (inner_->info().classes < 2)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`dataset` has fewer than two classes: label noise needs a dataset of two "
                         "classes or more");
    const auto chance = rng_.fork("chance");
    for (const auto id : inner_->ids(Split::kTrain))
      if (chance.uniform(static_cast<std::uint64_t>(id)) < p.rate) noisy_.push_back(id);
  }

  const assay::Info& info() const override { return inner_->info(); }
  std::span<const std::int64_t> ids(Split split) const override { return inner_->ids(split); }
  std::span<const std::int64_t> groups(Split split) const override { return inner_->groups(split); }

  assay::Batch load(std::span<const std::int64_t> ids,
                    const assay::Context& context) const override {
    auto batch = inner_->load(ids, context);
    batch.target = replaced(batch.target, ids);
    return batch;
  }
  torch::Tensor targets(Split split) const override {
    return replaced(inner_->targets(split), ids(split));
  }

 private:
  torch::Tensor replaced(const torch::Tensor& labels, std::span<const std::int64_t> ids) const {
    auto changed = labels.clone(at::MemoryFormat::Contiguous);
    auto* label = changed.mutable_data_ptr<std::int64_t>();
    for (std::size_t k = 0; k < ids.size(); ++k)
      if (std::binary_search(noisy_.begin(), noisy_.end(), ids[k]))
        label[k] = other(label[k], static_cast<std::uint64_t>(ids[k]));
    return changed;
  }

  std::int64_t other(std::int64_t label, std::uint64_t id) const {
    const auto classes = inner_->info().classes;
    const double chance = rng_.fork("other").uniform(id);
    const auto step = 1 + static_cast<std::int64_t>(chance * static_cast<double>(classes - 1));
    return (label + step) % classes;
  }

  std::shared_ptr<assay::Dataset> inner_;
  assay::Rng rng_;
  std::vector<std::int64_t> noisy_;  // ids, ascending
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<LabelNoise>("label_noise",
                           "Adds symmetric label noise to the training split of a classification "
                           "dataset (van Rooyen et al., NeurIPS 2015).");
}
