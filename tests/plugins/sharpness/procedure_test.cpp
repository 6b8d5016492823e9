// sharpness against losses whose rise within a ball is known.
#include <catch2/catch.hpp>

#include "runner/conformance/tiny.h"
#include "tests/support/table.h"

using namespace assay;
using namespace assay::testing;

namespace {

class Weights final : public Model {
 public:
  explicit Weights(const torch::Tensor& start) { w = register_parameter("w", start.clone()); }
  Output forward(const Batch& batch) override {
    CHECK_FALSE(is_training());
    return {batch.input.matmul(w).unsqueeze(1), {}};
  }
  torch::Tensor w;
};

// The mean of x w, and a |w|^2 / 2.
class Bowl final : public Objective {
 public:
  Bowl(double a, torch::Tensor w) : a_(a), w_(std::move(w)) {}
  const std::vector<std::string>& terms() const override { return names_; }
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
    return {{model.forward(batch).logits.mean() + w_.square().sum() * (a_ / 2)}};
  }

 private:
  double a_;
  torch::Tensor w_;
  std::vector<std::string> names_{"bowl"};
};

struct Bench {
  Parts parts;
  std::shared_ptr<Weights> model;
  Rows rows;

  Bench(const torch::Tensor& x, const torch::Tensor& start, double a) {
    const auto n = static_cast<std::size_t>(x.size(0));
    parts.model = model = std::make_shared<Weights>(start);
    parts.objective = std::make_shared<Bowl>(a, model->w);
    parts.dataset = std::make_shared<Table>(x, Table::Ids(n, 0), Table::Ids(n, 0),
                                            Info{{x.size(1)}, 2, 1, {}, {}, {}},
                                            std::array<Table::Ids, 3>{range(0, x.size(0)), {}, {}});
  }
  std::map<std::string, double> go(Values params, bool resumed = false) {
    const auto make = [&] { return plugins().make<Procedure>({"sharpness", params}); };
    const auto start = model->w.detach().clone();
    auto procedure = make();
    const auto units = procedure->units(parts);
    for (std::int64_t unit = 0; unit < units; ++unit) {
      procedure->advance(unit, parts, {torch::kCPU, Rng(3)}, rows);
      State state;
      procedure->save(state);
      if (resumed) (procedure = make())->load(state);
    }
    CHECK(model->w.equal(start));
    CHECK(model->is_training());
    return {rows.rows.begin(), rows.rows.end()};
  }
};

torch::Tensor row(std::vector<double> values) {
  return torch::tensor(values, torch::kDouble).view({1, -1});
}
const auto whole = [](std::int64_t n) { return Value{n}; };

}  // namespace

TEST_CASE("a linear loss rises by rho times its slope, in each chunk by its own") {
  const auto x = at::cat({row({3, 4}), row({3, 4}), row({0, -2}), row({0, -2}), row({6, 8})});
  const auto start = torch::tensor({1.0, 1.0}, torch::kDouble);
  // Chunks of 2, 2 and 1 samples, of slopes 5, 2 and 10.
  const auto found = Bench(x, start, 0).go({{"rho", 0.1}, {"m", whole(2)}});
  CHECK(found.at("sharpness/gradient_norm") == Approx((2 * 5 + 2 * 2 + 10) / 5.0).epsilon(1e-12));
  CHECK(found.at("sharpness/worst") == Approx(0.1 * (2 * 5 + 2 * 2 + 10) / 5.0).epsilon(1e-9));
  // As one chunk: (2.4, 2.4) is the mean.
  const auto one = Bench(x, start, 0).go({{"rho", 0.1}});
  CHECK(one.at("sharpness/worst") == Approx(0.1 * std::hypot(2.4, 2.4)).epsilon(1e-9));
  // The first two samples alone.
  const auto few = Bench(x, start, 0).go({{"rho", 0.1}, {"samples", whole(2)}});
  CHECK(few.at("sharpness/worst") == Approx(0.5).epsilon(1e-9));
}

TEST_CASE("a bowl rises most along its slope, and on average by its curvature") {
  const std::int64_t size = 4000;
  const double a = 3, rho = 0.2;
  const auto x = torch::zeros({1, size}, torch::kDouble);
  auto start = torch::zeros({size}, torch::kDouble);
  start[7] = 0.01;
  const auto found = Bench(x, start, a).go({{"rho", rho}, {"draws", whole(20)}});
  CHECK(found.at("sharpness/gradient_norm") == Approx(a * 0.01).epsilon(1e-12));
  CHECK(found.at("sharpness/worst") ==
        Approx(a / 2 * ((0.01 + rho) * (0.01 + rho) - 0.01 * 0.01)).epsilon(1e-9));
  // a |e|^2 / 2, whose mean over 20 draws of 4000 numbers deviates by half a hundredth.
  CHECK(found.at("sharpness/average") == Approx(a / 2 * rho * rho).epsilon(0.03));
}

TEST_CASE("ascent turns on its way, and its steps are a tenth of rho") {
  // Few steps do not reach the edge of the ball: k of them rise by k / 10 of the slope.
  const auto start = torch::zeros({2}, torch::kDouble);
  for (const std::int64_t steps : {1, 7, 10, 20}) {
    const auto found = Bench(row({3, 4}), start, 0).go({{"rho", 0.5}, {"ascents", whole(steps)}});
    CHECK(found.at("sharpness/worst") ==
          Approx(0.5 * 5 * std::min(1.0, static_cast<double>(steps) / 10)).epsilon(1e-9));
  }
  // Where the loss is flat there is no way up.
  const auto flat = Bench(row({0, 0}), start, 0).go({});
  CHECK(flat.at("sharpness/worst") == 0);
}

TEST_CASE("adaptive sharpness measures perturbations by the sizes of the weights") {
  // The rise of a linear loss is rho |T x|, T = |w|: (3 * 2, 4 * 0.5).
  const auto start = torch::tensor({-2.0, 0.5}, torch::kDouble);
  const auto found = Bench(row({3, 4}), start, 0).go({{"rho", 0.1}, {"adaptive", true}});
  CHECK(found.at("sharpness/adaptive_worst") == Approx(0.1 * std::hypot(6, 2)).epsilon(1e-9));
  CHECK(found.at("sharpness/adaptive_gradient_norm") == Approx(std::hypot(6, 2)).epsilon(1e-12));
  CHECK_FALSE(found.contains("sharpness/worst"));
  // Weights of one size c: a radius of rho means rho c, for the average too.
  const auto even = torch::tensor({-0.5, 0.5}, torch::kDouble);
  const auto scaled = Bench(row({3, 4}), even, 2).go({{"rho", 0.2}, {"adaptive", true}}),
             plain = Bench(row({3, 4}), even, 2).go({{"rho", 0.1}});
  for (const std::string name : {"worst", "average"})
    CHECK(scaled.at("sharpness/adaptive_" + name) ==
          Approx(plain.at("sharpness/" + name)).epsilon(1e-9));
}

TEST_CASE("sharpness resumes bit for bit, and leaves weights and mode as they were") {
  const auto x = at::randn({50, 3}, Rng(1).generator(), torch::kDouble);
  const auto start = torch::tensor({1.0, 0.1, -0.3}, torch::kDouble);
  const Values small{{"m", whole(8)}};
  CHECK(Bench(x, start, 2).go(small) == Bench(x, start, 2).go(small, true));
}
