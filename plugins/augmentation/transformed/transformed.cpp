// A dataset whose evaluation sees transformed samples: shifted test images, or the views of a
// contrastive validation loss.
#include <algorithm>

#include "assay/registry.h"
#include "assay/transform.h"

namespace {

using assay::Split;

class Transformed final : public assay::Dataset {
 public:
  struct Params {
    std::shared_ptr<assay::Dataset> dataset;
    std::vector<std::shared_ptr<assay::Transform>> transforms;
    assay::Strings splits = {"validation", "test"};
    std::int64_t draw_seed = 0;
  };

  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .required_component("dataset", &Params::dataset, "Dataset whose samples are transformed.")
        .required_components("transforms", &Params::transforms, "Transforms, in order.")
        .field("splits", &Params::splits, one_of({"train", "validation", "test"}),
               "Splits that are transformed; the samples of the others stay as they are.")
        .field("draw_seed", &Params::draw_seed, at_least(0),
               "Seed of the transforms' draws; a sample is always transformed in the same way, in "
               "trials of all seeds.");
  }

  explicit Transformed(Params params)
      : p_(std::move(params)), rng_(static_cast<std::uint64_t>(p_.draw_seed)) {
    if (p_.splits.empty())
      throw assay::Error(assay::ErrorKind::kParameter, "`splits` is empty: name one at least",
                         "splits");
    assay::within("transforms", [&] { assay::check_order(p_.transforms); });
    for (const auto split : {Split::kTrain, Split::kValidation, Split::kTest})
      if (std::find(p_.splits.begin(), p_.splits.end(), name_of(split)) != p_.splits.end())
        changed_.push_back(p_.dataset->ids(split));
  }

  const assay::Info& info() const override { return p_.dataset->info(); }
  std::span<const std::int64_t> ids(Split split) const override { return p_.dataset->ids(split); }
  std::span<const std::int64_t> groups(Split split) const override {
    return p_.dataset->groups(split);
  }
  torch::Tensor targets(Split split) const override { return p_.dataset->targets(split); }

  assay::Batch load(std::span<const std::int64_t> ids,
                    const assay::Context& context) const override {
    auto batch = p_.dataset->load(ids, context);
    if (!is_changed(ids)) return batch;
    for (std::size_t k = 0; k < p_.transforms.size(); ++k) {
      const auto& transform = *p_.transforms[k];
      batch = transform.apply(batch, transform.draw(batch, rng_.fork("transformed").fork(k)));
    }
    return batch;
  }

 private:
  // A batch is of one split.
  bool is_changed(std::span<const std::int64_t> ids) const {
    return std::any_of(changed_.begin(), changed_.end(), [&](const auto& split) {
      return !ids.empty() && std::binary_search(split.begin(), split.end(), ids.front());
    });
  }

  Params p_;
  assay::Rng rng_;
  std::vector<std::span<const std::int64_t>> changed_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Transformed>(
      "transformed",
      "A dataset whose validation and test samples are transformed, always in "
      "the same way: for robustness, or the views of a contrastive loss.");
}
