// Alignment and uniformity of views: Wang and Isola, "Understanding contrastive representation
// learning through alignment and uniformity on the hypersphere", ICML 2020.
#include <ATen/TensorIndexing.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_svdvals.h>
#include <ATen/ops/pdist.h>

#include "assay/registry.h"
#include "assay/sdk/training.h"
#include "contrastive/shared/views.h"

namespace {

using assay::Error, assay::ErrorKind, assay::Parts;

class Contrast final : public assay::Procedure {
 public:
  struct Params {
    std::string split = "test";
    std::int64_t batch = 256;
    std::int64_t samples = 2000;
  };
  static assay::Strings needs() { return {"model/Projector", "weights/All", "dataset"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("split", &Params::split, one_of({"train", "validation", "test"}),
               "Split that is measured; its samples need a second view, as of the dataset "
               "`transformed`.")
        .field("batch", &Params::batch, at_least(1), "Samples per forward pass.")
        .field("samples", &Params::samples, between(2, 20000),
               "Number of samples, from the first one on: all pairs of them are compared.");
  }
  explicit Contrast(Params params) : p_(std::move(params)) {}

  void check(const Parts& parts) const override {
    const auto ids = ids_of(parts);
    const assay::Context context{torch::kCPU, assay::Rng(0), nullptr};
    assay::within("dataset",
                  [&] { contrastive::second_view(parts.dataset->load(ids.first(2), context)); });
  }

  std::int64_t units(const Parts& parts) const override {
    return (std::ssize(ids_of(parts)) + p_.batch - 1) / p_.batch;
  }

  void advance(std::int64_t unit, Parts& parts, const assay::Context& context,
               assay::Results& results) override {
    const torch::NoGradGuard no_grad;
    const assay::EvalMode mode(*parts.model);
    const auto ids = ids_of(parts);
    const auto start = static_cast<std::size_t>(unit * p_.batch);
    const auto part =
        ids.subspan(start, std::min(static_cast<std::size_t>(p_.batch), ids.size() - start));
    const auto batch = assay::to_device(parts.dataset->load(part, context), context.device);
    auto view = batch;
    view.input = contrastive::second_view(batch);
    const auto first = parts.model->forward(batch).features,
               second = parts.model->forward(view).features;
    auto& projector = assay::as<assay::Projector>(*parts.model, "model", "Projector");
    add(features_, first, second);
    add(projections_, projector.project(first), projector.project(second));
    if (unit + 1 < units(parts)) return;
    report("features", features_, parts, results);
    report("projections", projections_, parts, results);
  }

  void save(assay::State& state) const override {
    state.put_list("features", features_);
    state.put_list("projections", projections_);
  }
  void load(const assay::State& state) override {
    features_ = state.list("features");
    projections_ = state.list("projections");
  }

 private:
  std::span<const std::int64_t> ids_of(const Parts& parts) const {
    const auto ids = parts.dataset->ids(assay::split_of(p_.split));
    if (ids.size() < 2)
      throw Error(ErrorKind::kData,
                  "the split `" + p_.split + "` has " + std::to_string(ids.size()) +
                      " samples, and pairs need two: choose another one",
                  "procedure.split");
    return ids.first(std::min(ids.size(), static_cast<std::size_t>(p_.samples)));
  }

  static void add(assay::Tensors& all, const torch::Tensor& first, const torch::Tensor& second) {
    const assay::Tensors rows{contrastive::normalize(first.to(torch::kFloat)),
                              contrastive::normalize(second.to(torch::kFloat))};
    if (all.empty())
      all = rows;
    else
      for (std::size_t k = 0; k < rows.size(); ++k) all[k] = at::cat({all[k], rows[k]});
  }

  void report(const std::string& name, const assay::Tensors& rows, const Parts& parts,
              assay::Results& results) const {
    const auto write = [&](const std::string& figure, double value) {
      results.metric(p_.split + "/" + figure + "/" + name, value);
    };
    const auto first = rows[0].to(torch::kDouble), second = rows[1].to(torch::kDouble);
    write("alignment", (first - second).square().sum(1).mean().item<double>());
    write("uniformity", measure_uniformity(first));
    write("rank", measure_rank(first));
    if (parts.dataset->info().classes == 0) return;
    const auto target = parts.dataset->targets(assay::split_of(p_.split));
    write("class_alignment", align_classes(first, target.narrow(0, 0, first.size(0))));
  }

  // log E exp(-2 ||f(x) - f(y)||^2) over the pairs of samples.
  static double measure_uniformity(const torch::Tensor& rows) {
    return at::pdist(rows).square_().mul_(-2).exp_().mean().log().item<double>();
  }

  // The exponential of the entropy of the singular values, as shares of their sum: Garrido,
  // Balestriero, Najman and LeCun, "RankMe", ICML 2023, eq. 2.
  static double measure_rank(const torch::Tensor& rows) {
    const auto values = at::linalg_svdvals(rows);
    const auto share = values / values.sum() + 1e-7;
    return (-(share * share.log()).sum()).exp().item<double>();
  }

  // The mean of ||f(x) - f(y)||^2 over the pairs of samples of one class: n sum ||f||^2 - ||sum
  // f||^2 is the sum over the pairs of n samples. NaN if there is no pair.
  static double align_classes(const torch::Tensor& rows, const torch::Tensor& target) {
    double sum = 0, pairs = 0;
    for (std::int64_t c = 0; c <= target.max().item<std::int64_t>(); ++c) {
      const auto own = rows.index({target == c});
      const auto n = static_cast<double>(own.size(0));
      sum += n * own.square().sum().item<double>() - own.sum(0).square().sum().item<double>();
      pairs += n * (n - 1) / 2;
    }
    return sum / pairs;
  }

  Params p_;
  assay::Tensors features_, projections_;  // of both views so far: [n, D] and [n, d], of length 1
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Contrast>(
      "contrast",
      "Alignment and uniformity of features and projections (Wang and Isola, "
      "ICML 2020), and their effective rank, over views that the dataset gives.");
}
