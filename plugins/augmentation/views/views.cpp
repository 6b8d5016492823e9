// Two random views of each image, for contrastive learning: Chen, Kornblith, Norouzi and Hinton, "A
// simple framework for contrastive learning of visual representations", ICML 2020.
#include "assay/registry.h"
#include "assay/transform.h"

namespace {

using Transforms = std::vector<std::shared_ptr<assay::Transform>>;

std::int64_t count_all(const Transforms& transforms) {
  std::int64_t sum = 0;
  for (const auto& one : transforms) sum += one->count();
  return sum;
}

class Views final : public assay::Transform, public assay::AddsView {
 public:
  struct Params {
    Transforms first, second;
  };
  static assay::Strings needs() { return {"dataset/Images"}; }
  static assay::Schema<Params> schema() {
    return assay::Schema<Params>()
        .required_components("first", &Params::first, "Transforms of the first view, in order.")
        .components("second", &Params::second, {},
                    "Transforms of the second view, in order; empty: those of the first, with "
                    "draws of their own.");
  }

  explicit Views(Params params)
      : first_(std::move(params.first)), second_(std::move(params.second)) {
    for (const auto* view : {&first_, &second_})
      for (const auto& one : *view)
        if (dynamic_cast<const AddsView*>(one.get()) != nullptr)
          throw assay::Error(assay::ErrorKind::kParameter,
                             "a view cannot have views: list the transforms of both by `first` and "
                             "`second`");
    if (second_.empty()) second_ = first_;
  }

  std::int64_t count() const override { return count_all(first_) + count_all(second_); }

  // Streams are counted from the end: with one more transform at the front the others draw the same
  // numbers, so that trainings with and without it are paired.
  torch::Tensor draw(const assay::Batch& batch, const assay::Rng& rng) const override {
    std::vector<torch::Tensor> all;
    std::uint64_t number = 0;
    for (const auto* view : {&first_, &second_}) {
      const auto own = rng.fork(number++);
      for (std::size_t k = 0; k < view->size(); ++k)
        all.push_back((*view)[k]->draw(batch, own.fork(view->size() - k)));
    }
    return at::cat(all, 1);
  }

  /// The first view is the input of the result, the second one its extra "view".
  assay::Batch apply(const assay::Batch& batch, const torch::Tensor& draws) const override {
    auto two = batch;
    const auto split = count_all(first_);
    two.input = apply_all(first_, batch, draws.narrow(1, 0, split));
    two.extra["view"] = apply_all(second_, batch, draws.narrow(1, split, draws.size(1) - split));
    return two;
  }

 private:
  static torch::Tensor apply_all(const Transforms& transforms, assay::Batch batch,
                                 const torch::Tensor& draws) {
    std::int64_t at = 0;
    for (const auto& one : transforms) {
      batch = one->apply(batch, draws.narrow(1, at, one->count()).contiguous());
      at += one->count();
    }
    return batch.input;
  }

  Transforms first_, second_;
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Views>("views",
                      "Makes two random views of each image, the input and extra \"view\", for "
                      "contrastive learning (Chen et al., ICML 2020).");
}
