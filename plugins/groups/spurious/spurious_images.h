// SpuriousImages: an image dataset with an attribute painted on it that goes along with the class.
#pragma once

#include "assay/dataset.h"
#include "assay/schema.h"

class SpuriousImages : public assay::Dataset, public assay::Images {
 public:
  struct Params {
    std::shared_ptr<assay::Dataset> images;
    std::int64_t classes = 2;
    assay::Strings attributes;
    double correlation = 0.9;
    double correlation_validation = -1;
    double correlation_test = -1;
    double label_noise = 0;
    std::int64_t noise_seed = 0;
    std::string groups = "class_and_attribute";
    std::int64_t size = 4;  // of the patch: `spurious_patch` alone
  };
  static assay::Schema<Params> schema();

  const assay::Info& info() const final { return info_; }
  std::span<const std::int64_t> ids(assay::Split split) const final { return inner_->ids(split); }
  std::span<const std::int64_t> groups(assay::Split split) const final {
    return groups_[static_cast<std::size_t>(split)];
  }
  torch::Tensor targets(assay::Split split) const final;
  assay::Batch load(std::span<const std::int64_t> ids, const assay::Context& context) const final;

 protected:
  /// `known` are the names of all that can be painted; `name` is this dataset's.
  SpuriousImages(const Params& p, const assay::Strings& known, const std::string& name);

  /// The images, contiguous floats [B, C, H, W], with each one's attribute, [B] int64 as a place in
  /// `known`, painted on a copy.
  virtual torch::Tensor paint(const torch::Tensor& images,
                              const torch::Tensor& attributes) const = 0;

  assay::Info info_;
  torch::Tensor black_, white_;  // smallest and largest value of each channel, [C] float

 private:
  std::int64_t cell_of(std::int64_t label, std::uint64_t id, double correlation) const;
  std::int64_t group_of(std::int64_t cell) const;
  void read(assay::Split split, double correlation);
  void choose(const Params& p, const assay::Strings& known, const std::string& name);
  void name_groups(const assay::Strings& known);
  std::int64_t count() const { return static_cast<std::int64_t>(chosen_.size()); }

  std::shared_ptr<assay::Dataset> inner_;
  std::int64_t inner_classes_, classes_;
  std::vector<std::int64_t> chosen_;  // attributes, as places in `known`
  double label_noise_;
  std::uint64_t seed_;
  bool by_attribute_;
  std::vector<std::int64_t> groups_[3];
  std::vector<std::int64_t> cell_of_id_;  // class * attributes + attribute; -1: of no split
};
