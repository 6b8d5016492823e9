// Images with amplitudes of the spectra of others: Xu, Zhang, Zhang, Wang and Tian, "A
// Fourier-based framework for domain generalization", CVPR 2021 (FACT); Yang and Soatto, "FDA:
// Fourier domain adaptation for semantic segmentation", CVPR 2020. For contrastive learning Tran et
// al., arXiv 2305.10252, which does not tell the mode, the coefficients or the order: see
// README.md.
#include <algorithm>
#include <cmath>

#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include "assay/registry.h"
#include "assay/sdk/images.h"
#include "assay/transform.h"
#include "spectrum.h"

namespace {

class Fourier final : public assay::Transform, public assay::Mixing {
 public:
  struct Params {
    double probability = 0.5;
    std::string mode = "mix";
    double alpha = 1;
    double ratio = 1;
    double beta = 0.1;
    std::string window = "hermitian";
  };
  static assay::Strings needs() { return {"dataset/Images"}; }
  static assay::Schema<Params> schema() {
    using namespace assay;
    return Schema<Params>()
        .field("probability", &Params::probability, between(0, 1),
               "Probability that an image is changed.")
        .field("mode", &Params::mode, one_of({"mix", "swap", "average"}),
               "`mix`: lambda is uniform in [0, alpha] (FACT); `swap`: low frequencies are those "
               "of the other image (FDA); `average`: lambda is 0.5.")
        .field("alpha", &Params::alpha, Range{.low = 0, .high = 1, .open_low = true},
               "Largest lambda of `mix`.")
        .field("ratio", &Params::ratio, Range{.low = 0, .high = 1, .open_low = true},
               "Area of the frequencies that `mix` and `average` change, as a fraction.")
        .field("beta", &Params::beta, between(0, 0.5),
               "Largest frequency that `swap` changes, as a fraction of the shorter side, rounded "
               "down; with 0 it is the mean alone.")
        .field("window", &Params::window, one_of({"hermitian", "published"}),
               "Frequencies of both signs, or those of the published code, which lack some of one "
               "sign.");
  }

  Fourier(const Params& params, const assay::Info& info)
      : p_(params), pixels_(info), window_(choose_window()) {
    const Params unset;
    refuse_unused("alpha", p_.alpha != unset.alpha && p_.mode != "mix");
    refuse_unused("ratio", p_.ratio != unset.ratio && p_.mode == "swap");
    refuse_unused("beta", p_.beta != unset.beta && p_.mode != "swap");
    if (!window_.any().item<bool>())
      throw assay::Error(assay::ErrorKind::kParameter,
                         "no frequency is changed on images of " +
                             std::to_string(pixels_.height()) + " x " +
                             std::to_string(pixels_.width()) + " pixels: use a larger `" +
                             (p_.mode == "swap" ? "beta" : "ratio") + "`, or `window: hermitian`",
                         p_.mode == "swap" ? "beta" : "ratio");
  }

  // Whether, lambda, and a number whose order pairs the samples.
  std::int64_t count() const override { return 3; }

  /// The partner of a sample is the one whose third number is the next larger one of the batch; of
  /// the sample with the largest it is that with the smallest. A batch of one is its own partner.
  assay::Batch apply(const assay::Batch& batch, const torch::Tensor& draws) const override {
    const auto options = batch.input.options();
    const auto deviation = pixels_.deviation().to(options), black = pixels_.black().to(options);
    const auto x = (batch.input - black) * deviation;
    const auto order = draws.select(1, 2).argsort();
    const auto next =
        at::empty_like(order).index_put_({order}, order.roll(-1)).to(options.device());
    auto lambda = p_.mode == "mix"    ? draws.select(1, 1) * p_.alpha
                  : p_.mode == "swap" ? at::ones_like(draws.select(1, 1))
                                      : at::full_like(draws.select(1, 1), 0.5);
    const auto mixed =
        fourier::mix_amplitudes(x, x.index_select(0, next), lambda.view({-1, 1, 1, 1}).to(options),
                                window_.to(options.device()))
            .clamp(0, 1);
    const auto chosen =
        (draws.select(1, 0) < p_.probability).view({-1, 1, 1, 1}).to(options.device());
    auto changed = batch;
    changed.input = at::where(chosen, mixed / deviation + black, batch.input);
    return changed;
  }

 private:
  void refuse_unused(const std::string& field, bool unused) const {
    if (unused)
      throw assay::Error(assay::ErrorKind::kParameter,
                         "`mode: " + p_.mode + "` does not use `" + field + "`: omit it", field);
  }

  torch::Tensor choose_window() const {
    const auto height = pixels_.height(), width = pixels_.width();
    const bool published = p_.window == "published";
    const auto shorter = static_cast<double>(std::min(height, width));
    if (p_.mode == "swap") {
      const auto most = static_cast<std::int64_t>(shorter * p_.beta);
      return published ? fourier::choose_corners(height, width, most)
                       : fourier::choose_low(height, width, {most, most});
    }
    if (p_.ratio == 1) return fourier::choose_low(height, width, {height, width});
    const auto part = [&](std::int64_t side) {
      return static_cast<std::int64_t>(static_cast<double>(side) * std::sqrt(p_.ratio));
    };
    const fourier::Sides sides{part(height), part(width)};
    if (published) return fourier::choose_middle(height, width, sides);
    if (sides.vertical == 0 || sides.horizontal == 0)
      return at::zeros({height, width}, torch::kBool);
    return fourier::choose_low(height, width,
                               {(sides.vertical - 1) / 2, (sides.horizontal - 1) / 2});
  }

  Params p_;
  assay::Pixels pixels_;
  torch::Tensor window_;  // [H, W] bool
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<Fourier>(
      "fourier",
      "Gives images amplitudes of the spectra of other images of the batch (FACT, "
      "CVPR 2021; FDA, CVPR 2020), as for SSA-CLR.");
}
