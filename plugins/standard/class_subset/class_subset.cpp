// Some classes of a dataset as a dataset of its own.
#include <algorithm>

#include "assay/dataset.h"
#include "assay/registry.h"

namespace {

using assay::Error;
using assay::ErrorKind;
using assay::Split;

class ClassSubset final : public assay::Dataset {
 public:
  struct Params {
    std::shared_ptr<assay::Dataset> dataset;
    assay::Integers classes;
  };

  static assay::Strings needs() { return {"dataset/Classes"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .required_component("dataset", &Params::dataset,
                            "Classification dataset to take classes from.")
        .required("classes", &Params::classes, at_least(0),
                  "Classes to keep; the first one listed becomes class 0, the second class 1, and "
                  "so on.");
  }

  explicit ClassSubset(const Params& p) : inner_(p.dataset) {
    if (inner_->info().classes == 0)
      throw Error(ErrorKind::kParameter,
                  "`dataset` has real targets instead of classes: use a classification dataset");
    number(p.classes);
    for (const auto split : {Split::kTrain, Split::kValidation, Split::kTest}) keep(split);
    if (ids_[0].empty())
      throw Error(ErrorKind::kData, "no training sample belongs to these classes");
    const auto& whole = inner_->info();
    info_ = whole;
    info_.classes = std::ssize(p.classes);
    info_.class_names.clear();
    if (!whole.class_names.empty())
      for (const auto c : p.classes)
        info_.class_names.push_back(whole.class_names[static_cast<std::size_t>(c)]);
    info_.whole_group_sizes.clear();
    info_.group_sizes = assay::group_sizes(ids_[0].size(), groups_[0], info_.groups.size());
  }

  const assay::Info& info() const override { return info_; }
  std::span<const std::int64_t> ids(Split split) const override {
    return ids_[static_cast<std::size_t>(split)];
  }
  std::span<const std::int64_t> groups(Split split) const override {
    return groups_[static_cast<std::size_t>(split)];
  }
  torch::Tensor targets(assay::Split split) const override {
    return torch::tensor(targets_[static_cast<std::size_t>(split)], torch::kInt64);
  }
  assay::Batch load(std::span<const std::int64_t> ids,
                    const assay::Context& context) const override {
    auto batch = inner_->load(ids, context);
    batch.target = number_.index_select(0, batch.target);
    return batch;
  }

 private:
  void number(const assay::Integers& classes) {
    const auto all = inner_->info().classes;
    number_ = at::full({all}, -1, torch::kInt64);
    for (std::size_t k = 0; k < classes.size(); ++k) {
      if (classes[k] >= all)
        throw Error(ErrorKind::kParameter, "`classes` names " + std::to_string(classes[k]) +
                                               ", but the dataset has classes 0 to " +
                                               std::to_string(all - 1));
      if (number_[classes[k]].item<std::int64_t>() >= 0)
        throw Error(ErrorKind::kParameter,
                    "`classes` names " + std::to_string(classes[k]) + " twice");
      number_[classes[k]] = static_cast<std::int64_t>(k);
    }
    if (classes.size() < 2)
      throw Error(ErrorKind::kParameter, "`classes` must list at least two classes");
  }

  void keep(Split split) {
    const auto place = static_cast<std::size_t>(split);
    const auto all = inner_->ids(split), groups = inner_->groups(split);
    const auto label = number_.index_select(0, inner_->targets(split));
    for (std::size_t k = 0; k < all.size(); ++k) {
      const auto own = label.const_data_ptr<std::int64_t>()[k];
      if (own < 0) continue;
      ids_[place].push_back(all[k]);
      targets_[place].push_back(own);
      if (!groups.empty()) groups_[place].push_back(groups[k]);
    }
  }

  std::shared_ptr<assay::Dataset> inner_;
  torch::Tensor number_;  // of each class inside: its own here, or -1
  std::vector<std::int64_t> ids_[3], groups_[3], targets_[3];
  assay::Info info_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<ClassSubset>("class_subset",
                            "Keeps only some classes of a dataset and renumbers them.");
}
