// GLISTER: Killamsetty, Sivasubramanian, Ramakrishnan and Iyer, "GLISTER: generalization based data
// subset selection for efficient and robust learning", AAAI 2021.
#include <limits>

#include <ATen/ops/mv.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros_like.h>

#include "assay/registry.h"
#include "selection/shared/greedy.h"

namespace selection {

/// Adds the sample whose gradient step in the last layer lowers the validation loss most, to first
/// order; then moves the validation logits by the steps of those that are chosen.
class Glister final : public Greedy {
 public:
  struct Params {
    double lr = 0.01;
    std::string step = "sum";
    bool per_class = false;
  };
  static assay::Schema<Params> schema();
  explicit Glister(const Params& params) : p_(params) {}
  Needs needs() const override {
    return {.label = true,
            .features = true,
            .logits = true,
            .every_class = p_.per_class,
            .validation = true};
  }

 private:
  void start(const assay::Pool& pool, const Places& chosen, std::int64_t n) override;
  std::int64_t next(const assay::Pool& pool, const Places& chosen,
                    const assay::Context& context) override;
  void begin_class_after(const assay::Pool& pool, std::int64_t chosen);
  void begin_with(const torch::Tensor& features, const torch::Tensor& logits,
                  const torch::Tensor& label);
  void add_step_of(std::int64_t place);
  torch::Tensor moved_logits() const;

  Params p_;
  // Of the pool.
  torch::Tensor x_;                  // [N, D + 1], features and a one
  torch::Tensor error_;              // [N, C], p - y
  std::vector<std::int64_t> share_;  // samples to select of each class, if `per_class`
  std::int64_t class_ = -1;          // whose turn it is, if `per_class`
  // Of the validation samples: of all, or of `class_`.
  torch::Tensor validation_x_;  // [V, D + 1], features and a one
  torch::Tensor logits_;        // [V, C], before any step
  torch::Tensor y_;             // [V, C], one-hot
  torch::Tensor sum_;  // [V, C], of (x_v . x_k) error_k over the `count_` selected samples k
  std::int64_t count_ = 0;
};

namespace {

torch::Tensor with_one(const torch::Tensor& x) {
  const auto wide = x.to(torch::kDouble);
  return at::cat({wide, at::ones({x.size(0), 1}, wide.options())}, 1);
}

}  // namespace

assay::Schema<Glister::Params> Glister::schema() {
  using namespace assay;
  return Schema<Params>()
      .field("lr", &Params::lr, above(0),
             "Learning rate of the last layer's step with the gradients of the selected samples.")
      .field("step", &Params::step, one_of({"sum", "mean"}),
             "Whether the step is along the sum of these gradients or their mean.")
      .field("per_class", &Params::per_class, any(),
             "Selects class by class, in proportion to its size, by the validation loss of the "
             "class alone.");
}

void Glister::start(const assay::Pool& pool, const Places& chosen, std::int64_t n) {
  x_ = with_one(pool.features);
  error_ = at::softmax(pool.logits.to(torch::kDouble), 1) - at::one_hot(pool.label, pool.classes);
  if (p_.per_class) share_ = shares(pool.label, pool.classes, n, /*alike=*/false);
  if (!p_.per_class)
    begin_with(pool.validation.features, pool.validation.logits, pool.validation.label);
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    begin_class_after(pool, static_cast<std::int64_t>(k));
    add_step_of(chosen[k]);
  }
}

// Whose turn it is after `chosen` samples; begins with its validation samples if it is a new one.
void Glister::begin_class_after(const assay::Pool& pool, std::int64_t chosen) {
  if (!p_.per_class) return;
  std::int64_t c = 0;
  for (auto end = share_[0]; end <= chosen; end += share_[static_cast<std::size_t>(c)]) ++c;
  if (c == class_) return;
  class_ = c;
  const auto& all = pool.validation;
  const auto own = tensor_of(places_of_class(all.label, c));
  if (own.numel() == 0)
    throw assay::Error(assay::ErrorKind::kParameter,
                       "`per_class` needs a validation sample of each class, but class " +
                           std::to_string(c) +
                           " has none: give the validation split more samples, or leave out "
                           "`per_class`");
  begin_with(all.features.index_select(0, own), all.logits.index_select(0, own),
             all.label.index_select(0, own));
}

void Glister::begin_with(const torch::Tensor& features, const torch::Tensor& logits,
                         const torch::Tensor& label) {
  validation_x_ = with_one(features);
  logits_ = logits.to(torch::kDouble);
  y_ = at::one_hot(label, logits.size(1)).to(torch::kDouble);
  sum_ = at::zeros_like(logits_);
  count_ = 0;
}

// The last layer's gradient of a sample is error (outer) x, so a step along it moves the logits of
// v by -lr (x . v) error.
void Glister::add_step_of(std::int64_t place) {
  sum_ = sum_ + at::mv(validation_x_, x_[place]).unsqueeze(1) * error_[place];
  ++count_;
}

torch::Tensor Glister::moved_logits() const {
  if (count_ == 0) return logits_;
  return logits_ - p_.lr / (p_.step == "mean" ? static_cast<double>(count_) : 1.0) * sum_;
}

std::int64_t Glister::next(const assay::Pool& pool, const Places& chosen, const assay::Context&) {
  begin_class_after(pool, std::ssize(chosen));
  const auto slope = (at::softmax(moved_logits(), 1) - y_).t().matmul(validation_x_) /
                     static_cast<double>(validation_x_.size(0));  // [C, D + 1]
  auto scores = (x_.matmul(slope.t()) * error_).sum(1);
  if (p_.per_class)
    scores.masked_fill_(pool.label != class_, -std::numeric_limits<double>::infinity());
  const auto place = best(scores, chosen);
  add_step_of(place);
  return place;
}

}  // namespace selection

ASSAY_PLUGIN(registry) {
  registry.add<selection::Glister>(
      "glister",
      "Samples whose gradient steps lower the validation loss (Killamsetty et al., AAAI 2021).");
}
