// `embedded`: the features that an earlier stage left, as a dataset.
#include <algorithm>

#include <ATen/ops/cat.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "assay/registry.h"
#include "standard/shared/features.h"

namespace {

using assay::Error, assay::ErrorKind, assay::Split;

class Embedded final : public assay::Dataset {
 public:
  struct Params {
    std::string from;
  };

  static assay::Strings abilities() { return {"Classes", "Values"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>().required_stage(
        "from", &Params::from, kFeatures,
        "Stage whose features are the inputs: one with the procedure `embed`.");
  }

  Embedded(const Params& p, const assay::Build& build) {
    const auto set = features_from(build.inputs().artifact(p.from, kFeatures));
    info_ = set.info;
    for (int split = 0; split < 3; ++split) add(set.splits[split], split);
    if (ids_[0].empty())
      throw Error(ErrorKind::kData, "stage `" + p.from + "` left no features of training samples");
    all_ = {at::cat(parts_.features), at::cat(parts_.id), at::cat(parts_.target),
            at::cat(parts_.group)};
    index_rows();
    info_.input_shape = {all_.features.size(1)};
    info_.group_sizes = assay::group_sizes(ids_[0].size(), groups_[0], info_.groups.size());
  }

  const assay::Info& info() const override { return info_; }
  std::span<const std::int64_t> ids(Split split) const override { return ids_[index(split)]; }
  std::span<const std::int64_t> groups(Split split) const override { return groups_[index(split)]; }
  torch::Tensor targets(Split split) const override { return load(ids_[index(split)], {}).target; }

  assay::Batch load(std::span<const std::int64_t> ids, const assay::Context&) const override {
    std::vector<std::int64_t> rows;
    for (const auto id : ids) {
      const auto it = std::lower_bound(rows_.begin(), rows_.end(), std::pair(id, std::int64_t{0}));
      if (it == rows_.end() || it->first != id)
        throw Error(ErrorKind::kData, "there is no sample " + std::to_string(id));
      rows.push_back(it->second);
    }
    const auto chosen = torch::tensor(rows, torch::kInt64);
    return {all_.features.index_select(0, chosen), all_.target.index_select(0, chosen),
            all_.id.index_select(0, chosen), all_.group.index_select(0, chosen)};
  }

 private:
  static std::size_t index(Split split) { return static_cast<std::size_t>(split); }

  void add(const SplitFeatures& part, int split) {
    if (!part.features.defined()) return;
    const auto* id = part.id.const_data_ptr<std::int64_t>();
    ids_[split].assign(id, id + part.id.numel());
    const auto* group = part.group.const_data_ptr<std::int64_t>();
    if (!info_.groups.empty()) groups_[split].assign(group, group + part.group.numel());
    parts_.features.push_back(part.features);
    parts_.target.push_back(part.target);
    parts_.group.push_back(part.group);
    parts_.id.push_back(part.id);
  }

  void index_rows() {
    const auto* id = all_.id.const_data_ptr<std::int64_t>();
    for (std::int64_t row = 0; row < all_.id.numel(); ++row) rows_.emplace_back(id[row], row);
    std::sort(rows_.begin(), rows_.end());
  }

  struct {
    assay::Tensors features, id, target, group;
  } parts_;                                                  // of the splits
  SplitFeatures all_;                                        // of all of them
  std::vector<std::pair<std::int64_t, std::int64_t>> rows_;  // id and row, sorted
  std::vector<std::int64_t> ids_[3], groups_[3];
  assay::Info info_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Embedded>(
      "embedded",
      "The features that an earlier stage left with `embed`, as inputs; targets, "
      "groups and ids are those of its dataset.");
}
