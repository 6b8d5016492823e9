// MNIST (LeCun, Bottou, Bengio and Haffner, Proceedings of the IEEE, 1998) and USPS (Hull, PAMI,
// 1994) as the two domains of one dataset.
#include <ATen/ops/cat.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "assay/dataset.h"
#include "assay/registry.h"
#include "domain.h"

namespace {

namespace fs = std::filesystem;

class DigitsDomains final : public assay::Dataset, public assay::Images {
 public:
  struct Params {
    fs::path mnist, usps;
    std::int64_t size = 28;
    std::string first = "mnist";
    std::int64_t validation = 1000;
    std::int64_t train_limit = 0;
  };

  static assay::Strings abilities() { return {"Classes"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .required("mnist", &Params::mnist, any(),
                  "Folder of the MNIST files: train- and t10k-images-idx3-ubyte.gz and the labels.")
        .required("usps", &Params::usps, any(),
                  "Folder of the USPS files: usps-train- and usps-test-images-idx3-ubyte.gz and "
                  "the labels.")
        .field("size", &Params::size, between(16, 28),
               "Height and width of the images, in pixels: 16 or 28.")
        .field("first", &Params::first, one_of({"mnist", "usps"}),
               "Domain that becomes group 0, the source; the other becomes group 1.")
        .field(
            "validation", &Params::validation, at_least(0),
            "Number of training images per domain, taken from the end, for the validation split.")
        .field("train_limit", &Params::train_limit, at_least(0),
               "Number of training images per domain to use, from the beginning; 0: all.");
  }

  explicit DigitsDomains(const Params& p) {
    if (p.size != 16 && p.size != 28)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`size` is " + std::to_string(p.size) +
                             ", expected 16 (the size of USPS) or 28 (the size of MNIST)");
    const auto mnist = read_domain("mnist", p.mnist, {"train", "t10k"}, 28, p.size);
    const auto usps = read_domain("usps", p.usps, {"usps-train", "usps-test"}, 16, p.size);
    const bool swapped = p.first == "usps";
    info_.input_shape = {1, p.size, p.size};
    info_.classes = 10;
    info_.pixel_mean = {0};
    info_.pixel_deviation = {1};
    add(swapped ? usps : mnist, p);
    add(swapped ? mnist : usps, p);
    info_.group_sizes = assay::group_sizes(ids_[0].size(), groups_[0], 2);
  }

  const assay::Info& info() const override { return info_; }
  std::span<const std::int64_t> ids(assay::Split split) const override {
    return ids_[static_cast<std::size_t>(split)];
  }
  std::span<const std::int64_t> groups(assay::Split split) const override {
    return groups_[static_cast<std::size_t>(split)];
  }

  torch::Tensor targets(assay::Split split) const override {
    const auto& ids = ids_[static_cast<std::size_t>(split)];
    return labels_.index_select(0, torch::tensor(ids, torch::kInt64));
  }

  assay::Batch load(std::span<const std::int64_t> ids, const assay::Context&) const override {
    for (const auto id : ids)
      if (id < 0 || id >= pixels_.size(0))
        throw assay::Error(assay::ErrorKind::kData, "there is no image " + std::to_string(id) +
                                                        "; there are " +
                                                        std::to_string(pixels_.size(0)));
    const auto id = torch::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()), torch::kInt64);
    return {pixels_.index_select(0, id).to(torch::kFloat).div_(255).unsqueeze_(1),
            labels_.index_select(0, id), id, (id >= second_).to(torch::kInt64)};
  }

 private:
  void add(const Domain& domain, const Params& p) {
    const auto group = static_cast<std::int64_t>(info_.groups.size());
    const auto kept = domain.train - p.validation;
    if (kept < 1)
      throw assay::Error(assay::ErrorKind::kData, "validation: " + std::to_string(p.validation) +
                                                      " leaves no training image out of " +
                                                      std::to_string(domain.train) + " of " +
                                                      domain.name);
    const auto limit = p.train_limit > 0 ? std::min(p.train_limit, kept) : kept;
    const auto from = group == 0 ? 0 : pixels_.size(0);
    const std::int64_t ends[] = {limit, domain.train, domain.pixels.size(0)};
    const std::int64_t starts[] = {0, kept, domain.train};
    for (std::size_t split = 0; split < 3; ++split)
      for (auto k = starts[split]; k < ends[split]; ++k) {
        ids_[split].push_back(from + k);
        groups_[split].push_back(group);
      }
    info_.groups.push_back(domain.name);
    second_ = from;
    pixels_ = group == 0 ? domain.pixels : at::cat({pixels_, domain.pixels});
    labels_ = group == 0 ? domain.labels : at::cat({labels_, domain.labels});
  }

  assay::Info info_;
  torch::Tensor pixels_, labels_;
  std::int64_t second_ = 0;  // first id of the second domain
  std::vector<std::int64_t> ids_[3], groups_[3];
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<DigitsDomains>("digits_domains",
                              "Digits of MNIST (LeCun et al., 1998) and USPS (Hull, 1994) as "
                              "two domains, with the same image size and margins.");
}
