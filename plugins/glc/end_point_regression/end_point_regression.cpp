// Regression by the end point of dynamic in-line coordinates.
#include <ATen/ops/bucketize.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_lstsq.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "assay/registry.h"
#include "glc/end_point_regression/steps.h"
#include "glc/shared/models/line_documents.h"
#include "glc/shared/models/samples.h"
#include "glc/shared/rules/rules_cpp.h"

namespace glc {

class EndPointRegression final : public assay::Model, public assay::Fitted, public assay::Legible {
 public:
  struct Params {
    std::string method = "least_squares";
    std::int64_t pieces = 5;
  };
  static assay::Strings needs() { return {"dataset/Table", "dataset/Values"}; }
  static assay::Schema<Params> schema();

  EndPointRegression(const Params& params, const assay::Info& info);
  assay::Output forward(const assay::Batch& batch) override;
  std::int64_t steps() const override { return 1; }
  bool fit(std::int64_t, const assay::Samples& samples, const assay::Context&) override;
  std::map<std::string, std::string> documents(const std::vector<assay::Samples>& splits) override;

 private:
  std::string to_cpp(const std::vector<double>& at, const std::vector<double>& value) const;

  Params p_;
  assay::Strings columns_;
  torch::Tensor weight_, bias_;  // [columns], [] double: of least squares
  torch::Tensor at_, value_;     // [pieces] double; empty with least_squares
};

using assay::Error;
using assay::ErrorKind;

namespace {

std::vector<double> values(const torch::Tensor& tensor) {
  const auto flat = tensor.to(torch::kDouble).cpu().contiguous();
  const auto* first = flat.const_data_ptr<double>();
  return {first, first + flat.numel()};
}

}  // namespace

assay::Schema<EndPointRegression::Params> EndPointRegression::schema() {
  using namespace assay;
  return Schema<Params>()
      .field(
          "method", &Params::method, one_of({"least_squares", "isotonic", "piecewise"}),
          "How the end point of the least-squares weights becomes the prediction: unchanged; by a "
          "monotone function; or by the mean on each of a few pieces of the line.")
      .field("pieces", &Params::pieces, between(1, 64), "Largest number of pieces of `piecewise`.");
}

EndPointRegression::EndPointRegression(const Params& params, const assay::Info& info)
    : p_(params), columns_(column_names(info)) {
  if (info.classes != 0 || info.targets != 1)
    throw Error(ErrorKind::kParameter,
                "predicts one real target: use a dataset with one, such as `csv_table` with `task: "
                "regression`");
  const auto doubles = torch::TensorOptions(torch::kDouble);
  weight_ = register_buffer("weight", at::zeros({info.input_shape[0]}, doubles));
  bias_ = register_buffer("bias", at::zeros({}, doubles));
  at_ = register_buffer("at", at::zeros({0}, doubles));
  value_ = register_buffer("value", at::zeros({0}, doubles));
}

bool EndPointRegression::fit(std::int64_t, const assay::Samples& samples, const assay::Context&) {
  const torch::NoGradGuard no_grad;
  check_finite(samples);
  const auto x = samples.input.to(torch::kDouble), y = samples.target.to(torch::kDouble).flatten();
  const auto mean = x.mean(0), scale = x.std(0, /*unbiased=*/false);
  const auto unit = at::where(scale > 0, scale, at::ones_like(scale));
  const auto solved = std::get<0>(at::linalg_lstsq(  // the shortest of all, where columns depend
      (x - mean) / unit, (y - y.mean()).unsqueeze(1), 1e-12, x.is_cpu() ? "gelsd" : "gels"));
  weight_.copy_(solved.squeeze(1) / unit);
  bias_.copy_(y.mean() - weight_.dot(mean));
  if (p_.method == "least_squares") return false;
  const auto points = sorted_points(values(x.matmul(weight_) + bias_), values(y));
  const auto steps = p_.method == "isotonic"
                         ? isotonic(points)
                         : piecewise(points, static_cast<std::size_t>(p_.pieces));
  const auto count = static_cast<std::int64_t>(steps.at.size());
  at_.resize_({count}).copy_(torch::tensor(steps.at, torch::kDouble));
  value_.resize_({count}).copy_(torch::tensor(steps.value, torch::kDouble));
  return false;
}

assay::Output EndPointRegression::forward(const assay::Batch& batch) {
  const auto& input = batch.input;
  if (input.dim() != 2 || input.size(1) != weight_.size(0))
    throw Error(ErrorKind::kShape, "the weights are for " + std::to_string(weight_.size(0)) +
                                       " columns, but the input has a different shape");
  auto end = input.to(torch::kDouble).matmul(weight_) + bias_;
  if (at_.size(0) > 0)
    end = value_.index_select(
        0, (at::bucketize(end, at_, /*out_int32=*/false, /*right=*/true) - 1).clamp_min(0));
  return {end.unsqueeze(1).to(torch::kFloat), {}, {}};
}

std::string EndPointRegression::to_cpp(const std::vector<double>& at,
                                       const std::vector<double>& value) const {
  auto text = cpp_head(columns_, {}, "The end point, or its piece's value.");
  text += "inline double predict(const float* x) {\n  const double end = " +
          cpp_literal(bias_.item<double>());
  const auto weight = values(weight_);
  for (std::size_t k = 0; k < weight.size(); ++k)
    text += fmt::format(" + {} * x[{}]", cpp_literal(weight[k]), k);
  text += ";\n";
  for (std::size_t k = at.size(); k-- > 1;)
    text += fmt::format("  if (end >= {}) return {};\n", cpp_literal(at[k]), cpp_literal(value[k]));
  return text + fmt::format("  return {};\n}}\n", at.empty() ? "end" : cpp_literal(value[0]));
}

std::map<std::string, std::string> EndPointRegression::documents(
    const std::vector<assay::Samples>& splits) {
  const auto weight = values(weight_);
  const double bias = bias_.item<double>();
  auto text = fmt::format("End point: {}{}{:.6g}\n", weighted_sum(weight, columns_),
                          bias < 0 ? " - " : " + ", std::abs(bias));
  const auto at = values(at_), value = values(value_);
  for (std::size_t k = 0; k < at.size(); ++k)
    text += k == 0 ? fmt::format("{:.6g} to begin with\n", value[0])
                   : fmt::format("{:.6g} from {:.6g} on\n", value[k], at[k]);
  text += at.empty() ? "The end point is the prediction.\n\n" : "\n";
  for (const auto& samples : splits) {
    const auto error = forward({.input = samples.input}).logits - samples.target.view({-1, 1});
    text += fmt::format("{}: {} cases, root mean squared error {:.6g}\n", samples.split,
                        samples.input.size(0),
                        error.to(torch::kDouble).square().mean().sqrt().item<double>());
  }
  const nlohmann::ordered_json file{{"schema", "assay.end_point_regression/1"},
                                    {"columns", columns_},
                                    {"weight", weight},
                                    {"bias", bias},
                                    {"at", at},
                                    {"value", value}};
  return {{"rules.txt", text},
          {"rules.json",
           file.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n"},
          {"rules.h", to_cpp(at, value)}};
}

}  // namespace glc

ASSAY_PLUGIN(registry) {
  registry.add<glc::EndPointRegression>(
      "end_point_regression", "Regression by the end point of dynamic in-line coordinates.");
}
