// Dynamic in-line coordinates: each value, times its weight, is laid end to end on a line; where
// the last one ends tells the class.
#include <ATen/ops/cat.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include "assay/registry.h"
#include "glc/end_point/weights.h"
#include "glc/shared/models/line_documents.h"
#include "glc/shared/models/samples.h"

namespace glc {

class EndPoint final : public assay::Model, public assay::Fitted, public assay::Legible {
 public:
  struct Params {
    std::string weights = "lda";
    std::string cut = "best";
    double c = 1;
    std::int64_t tries = 500;
  };
  static assay::Strings needs() { return {"dataset/Table", "dataset/Classes"}; }
  static assay::Schema<Params> schema();

  EndPoint(const Params& params, const assay::Info& info);
  assay::Output forward(const assay::Batch& batch) override;
  std::int64_t steps() const override;
  bool fit(std::int64_t step, const assay::Samples& samples,
           const assay::Context& context) override;
  std::map<std::string, std::string> documents(const std::vector<assay::Samples>& splits) override;

 private:
  Lines start(const torch::Tensor& x, const torch::Tensor& y) const;
  void try_other(std::int64_t step, const torch::Tensor& x, const torch::Tensor& y,
                 const assay::Context& context);
  void cut(const torch::Tensor& x, const torch::Tensor& y);
  LineModel lines() const;

  Params p_;
  Rules names_;
  torch::Tensor weight_;  // [classes, columns] double; with two classes the first line is 0
  torch::Tensor bias_;    // [classes] double
  torch::Tensor scale_;   // [] double, of the scores as logits
};

using assay::Error;
using assay::ErrorKind;

assay::Schema<EndPoint::Params> EndPoint::schema() {
  using namespace assay;
  return Schema<Params>()
      .field("weights", &Params::weights, one_of({"ones", "lda", "logistic", "search"}),
             "Weights of the columns: all 1, linear discriminant analysis, logistic regression, or "
             "the best of random changes; `ones` and `search` need two classes.")
      .field(
          "cut", &Params::cut, one_of({"best", "own"}),
          "Threshold for two classes: the one with the most correct training cases, or the one of "
          "the discriminant or of the logistic regression itself.")
      .field(
          "c", &Params::c, above(0),
          "Inverse regularization strength of `logistic`: weight of the loss of a case relative to "
          "half the squared weights, for columns scaled to standard deviation 1.")
      .field("tries", &Params::tries, at_least(1), "Number of random changes that `search` tries.");
}

EndPoint::EndPoint(const Params& params, const assay::Info& info)
    : p_(params), names_(named_after(info)) {
  const bool of_two = p_.weights == "ones" || p_.weights == "search";
  if (of_two && info.classes != 2)
    throw Error(ErrorKind::kParameter,
                "`weights: " + p_.weights +
                    "` needs a dataset with two classes, but the dataset has " +
                    std::to_string(info.classes) + ": use lda or logistic");
  if (of_two && p_.cut == "own")
    throw Error(ErrorKind::kParameter,
                "`weights: " + p_.weights + "` has no threshold of its own: use `cut: best`");
  const auto doubles = torch::TensorOptions(torch::kDouble);
  weight_ = register_buffer("weight", at::zeros({info.classes, info.input_shape[0]}, doubles));
  bias_ = register_buffer("bias", at::zeros({info.classes}, doubles));
  scale_ = register_buffer("scale", at::ones({}, doubles));
}

std::int64_t EndPoint::steps() const {
  return p_.weights == "search" ? p_.tries : 1;
}

assay::Output EndPoint::forward(const assay::Batch& batch) {
  const auto& input = batch.input;
  if (input.dim() != 2 || input.size(1) != weight_.size(1))
    throw Error(ErrorKind::kShape, "the weights are for " + std::to_string(weight_.size(1)) +
                                       " columns, but the input has a different shape");
  const auto scores = input.to(torch::kDouble).matmul(weight_.t()) + bias_;
  return {(scores * scale_).to(torch::kFloat), {}, {}};
}

Lines EndPoint::start(const torch::Tensor& x, const torch::Tensor& y) const {
  const auto classes = weight_.size(0);
  if (p_.weights == "lda") return linear_discriminant(x, y, classes);
  if (p_.weights == "logistic") {
    const auto mean = x.mean(0), deviation = x.std(0, /*unbiased=*/false);
    const auto unit = at::where(deviation > 0, deviation, at::ones_like(deviation));
    const auto found = logistic((x - mean) / unit, y, classes, p_.c);
    const auto weight = found.weight / unit;
    return {weight, found.bias - weight.matmul(mean)};
  }
  const auto one = at::ones({1, x.size(1)}, x.options());
  return {at::cat({at::zeros_like(one), one}), at::zeros({2}, x.options())};
}

// A normal change of one weight, in units of its column's deviation, is kept unless it loses cases.
void EndPoint::try_other(std::int64_t step, const torch::Tensor& x, const torch::Tensor& y,
                         const assay::Context& context) {
  if (step == 0) return;
  const auto generator = context.rng.fork("search").generator();
  const auto column = at::randint(x.size(1), {1}, generator, torch::kInt64).item<std::int64_t>();
  const auto deviation = x.select(1, column).std(0, /*unbiased=*/false).item<double>();
  if (deviation == 0) return;
  auto other = weight_.clone();
  other[1][column] += at::randn({1}, generator, torch::kDouble).item<double>() / deviation;
  if (best_cut(x.matmul(other[1]), y).right >= best_cut(x.matmul(weight_[1]), y).right)
    weight_.copy_(other);
}

// The second class lies above. Of log sigmoid(k s), whose minimum over k is found by halving, k
// becomes the scale.
void EndPoint::cut(const torch::Tensor& x, const torch::Tensor& y) {
  const auto end_points = x.matmul(weight_[1] - weight_[0]);
  const auto [at, flipped, right] = best_cut(end_points, y);
  const double sign = flipped ? -1 : 1;
  weight_.copy_(at::cat(
      {at::zeros_like(weight_.narrow(0, 0, 1)), ((weight_[1] - weight_[0]) * sign).unsqueeze(0)}));
  bias_.copy_(torch::tensor({0.0, -at * sign}, torch::kDouble));
  const auto margin = (end_points - at) * sign * (2 * y - 1).to(torch::kDouble);
  const double unit = std::max(margin.abs().mean().item<double>(), 1e-300);
  double low = 1e-3 / unit, high = 1e3 / unit;
  for (int step = 0; step < 60; ++step) {
    const double k = std::sqrt(low * high);
    const double slope = (margin * (-k * margin).sigmoid()).sum().item<double>();
    (slope > 0 ? low : high) = k;
  }
  scale_.fill_(low);
}

bool EndPoint::fit(std::int64_t step, const assay::Samples& samples,
                   const assay::Context& context) {
  const torch::NoGradGuard no_grad;
  check(samples);
  const auto x = samples.input.to(torch::kDouble);
  if (step == 0) {
    const auto lines = start(x, samples.target);
    weight_.copy_(lines.weight);
    bias_.copy_(lines.bias.clamp_min(-1e30));
  }
  if (p_.weights == "search") try_other(step, x, samples.target, context);
  if (step + 1 < steps()) return true;
  if (weight_.size(0) == 2 && p_.cut == "best") cut(x, samples.target);
  return false;
}

LineModel EndPoint::lines() const {
  const auto weight = weight_.cpu().contiguous(), bias = bias_.cpu();
  LineModel made{names_.columns, names_.classes, {}, {}};
  for (std::int64_t c = 0; c < weight.size(0); ++c) {
    const auto* first = weight.const_data_ptr<double>() + c * weight.size(1);
    made.weight.emplace_back(first, first + weight.size(1));
    made.bias.push_back(bias.const_data_ptr<double>()[c]);
  }
  return made;
}

std::map<std::string, std::string> EndPoint::documents(const std::vector<assay::Samples>& splits) {
  std::vector<Confusion> found;
  for (const auto& samples : splits) {
    const auto classes = weight_.size(0);
    const auto answer = forward({.input = samples.input}).logits.argmax(1);
    const auto pair = (samples.target * classes + answer).bincount({}, classes * classes).cpu();
    const auto* first = pair.const_data_ptr<std::int64_t>();
    found.push_back({samples.split, {first, first + classes * classes}});
  }
  const auto made = lines();
  return {{"rules.txt", in_words(made, found)},
          {"rules.json", to_json(made)},
          {"rules.h", to_cpp(made)}};
}

}  // namespace glc

ASSAY_PLUGIN(registry) {
  registry.add<glc::EndPoint>("end_point",
                              "Threshold on the end point of dynamic in-line coordinates (after "
                              "Kovalerchuk and Phan, IV 2021).");
}
