// GLISTER: Killamsetty, Sivasubramanian, Ramakrishnan and Iyer, "GLISTER: generalization based data
// subset selection for efficient and robust learning", AAAI 2021.
#include <ATen/ops/mv.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/softmax.h>

#include "assay/registry.h"
#include "selection/shared/greedy.h"

namespace selection {

/// Adds the sample whose gradient step in the last layer lowers the validation loss most, to first
/// order; then moves the validation logits by that step, of size `lr`.
class Glister final : public Greedy {
 public:
  struct Params {
    double lr = 0.01;
  };
  static assay::Schema<Params> schema();
  explicit Glister(const Params& params) : p_(params) {}
  Needs needs() const override {
    return {.label = true, .features = true, .logits = true, .validation = true};
  }

 private:
  void start(const assay::Pool& pool, const Places& chosen, std::int64_t n) override;
  std::int64_t next(const assay::Pool& pool, const Places& chosen,
                    const assay::Context& context) override;
  void move(std::int64_t place);

  Params p_;
  torch::Tensor x_, error_;          // [N, D + 1] with a one, [N, C]: p - y
  torch::Tensor seen_, logits_, y_;  // of the validation split: [V, D + 1], [V, C], [V, C]
};

namespace {

torch::Tensor with_one(const torch::Tensor& x) {
  const auto wide = x.to(torch::kDouble);
  return at::cat({wide, at::ones({x.size(0), 1}, wide.options())}, 1);
}

}  // namespace

assay::Schema<Glister::Params> Glister::schema() {
  return assay::Schema<Params>().field(
      "lr", &Params::lr, assay::above(0),
      "Learning rate of the last layer's step per selected sample.");
}

void Glister::start(const assay::Pool& pool, const Places& chosen, std::int64_t) {
  x_ = with_one(pool.features);
  error_ = at::softmax(pool.logits.to(torch::kDouble), 1) - at::one_hot(pool.label, pool.classes);
  seen_ = with_one(pool.validation.features);
  logits_ = pool.validation.logits.to(torch::kDouble);
  y_ = at::one_hot(pool.validation.label, pool.classes).to(torch::kDouble);
  for (const auto place : chosen) move(place);
}

// The last layer's gradient of a sample is error (outer) x, so a step along it moves the logits of
// v by -lr (x . v) error.
void Glister::move(std::int64_t place) {
  logits_ = logits_ - p_.lr * at::mv(seen_, x_[place]).unsqueeze(1) * error_[place];
}

std::int64_t Glister::next(const assay::Pool&, const Places& chosen, const assay::Context&) {
  const auto slope = (at::softmax(logits_, 1) - y_).t().matmul(seen_) /
                     static_cast<double>(seen_.size(0));  // [C, D + 1]
  const auto place = best((x_.matmul(slope.t()) * error_).sum(1), chosen);
  move(place);
  return place;
}

}  // namespace selection

ASSAY_PLUGIN(registry) {
  registry.add<selection::Glister>(
      "glister",
      "Samples whose gradient steps lower the validation loss (Killamsetty et al., AAAI 2021).");
}
