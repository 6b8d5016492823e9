// Nearest neighbors with weights: Wu, Xiong, Yu and Lin, "Unsupervised feature learning via
// non-parametric instance discrimination", CVPR 2018, section 3.4; a probe of features.
#include <algorithm>

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include "assay/registry.h"
#include "contrastive/shared/views.h"

namespace {

class Knn final : public assay::Model, public assay::Fitted {
 public:
  struct Params {
    std::int64_t k = 200;
    double temperature = 0.1;
  };
  static assay::Strings needs() { return {"dataset/Classes"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("k", &Params::k, at_least(1),
               "Number of neighbors; all training samples, if there are fewer.")
        .field("temperature", &Params::temperature, above(0),
               "t: a neighbor with the cosine s has the weight exp(s / t).");
  }

  Knn(const Params& params, const assay::Info& info) : p_(params), classes_(info.classes) {
    features_ = register_buffer("features", at::empty({0}, torch::kFloat));
    labels_ = register_buffer("labels", at::empty({0}, torch::kInt64));
  }

  std::int64_t steps() const override { return 1; }
  bool fit(std::int64_t, const assay::Samples& samples, const assay::Context&) override {
    features_.set_data(contrastive::normalize(samples.input.flatten(1)));
    labels_.set_data(samples.target);
    return false;
  }

  /// The logits are the logarithms of each class's share of the weights, at least 1e-12.
  assay::Output forward(const assay::Batch& batch) override {
    const auto x = contrastive::normalize(batch.input.flatten(1));
    if (features_.dim() != 2 || x.size(1) != features_.size(1))
      throw assay::Error(assay::ErrorKind::kShape,
                         "the neighbors have other features than the samples, or there are none: "
                         "fit the model first");
    const auto most = std::min(p_.k, features_.size(0));
    const auto [cosine, place] = x.mm(features_.t()).topk(most, 1);
    const auto nearest = cosine.select(1, 0).unsqueeze(1);
    const auto weight = ((cosine - nearest) / p_.temperature).exp();  // of which only ratios matter
    auto votes = at::zeros({x.size(0), classes_}, weight.options());
    votes.scatter_add_(1, labels_.index_select(0, place.flatten()).view_as(place), weight);
    return {.logits = (votes / votes.sum(1, /*keepdim=*/true)).clamp_min(1e-12).log()};
  }

 private:
  Params p_;
  std::int64_t classes_;
  torch::Tensor features_, labels_;  // [N, D], [N]
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Knn>("knn",
                    "Nearest neighbors by cosine, with weights (Wu et al., CVPR 2018): a probe of "
                    "features, without training.");
}
