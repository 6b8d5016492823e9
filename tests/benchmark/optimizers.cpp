// assay-bench-optimizers: what a step of each optimizer costs in passes of the model, and what
// moving a whole list of weights costs beside doing it tensor by tensor.
#include <cmath>
#include <cstdio>

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/dot.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>

#include "assay/sdk/problem_view.h"
#include "assay/sdk/tensors.h"
#include "core/runtime/runtime.h"
#include "runner/conformance/tiny.h"
#include "tests/benchmark/contest.h"
#include "tests/support/plugin_host.h"

using namespace assay;
using namespace assay::benchmark;

namespace {

constexpr std::int64_t kBatch = 128;
constexpr std::size_t kTerms = 3;

/// Three terms on one forward pass, each of which goes back through the whole network.
class ThreeTerms final : public Objective {
 public:
  const std::vector<std::string>& terms() const override { return names_; }
  std::vector<Term> evaluate(Model& model, const Batch& batch, const Context&) override {
    const auto logits = model.forward(batch).logits;
    return {{at::cross_entropy_loss(logits, batch.target)},
            {logits.square().mean()},
            {(logits - 1).abs().mean()}};
  }

 private:
  std::vector<std::string> names_{"fit", "size", "shift"};
};

/// As many passes as a rule over terms needs, and plain descent on their sum.
class Passes final : public Optimizer {
 public:
  explicit Passes(bool again) : again_(again) {}
  double step(Problem& problem) override {
    auto parts = problem.gradients(By::kTerm);
    if (again_)
      for (std::size_t k = 0; k < parts.size(); ++k)
        parts[k] = problem.gradient_of(By::kTerm, static_cast<std::int64_t>(k));
    const torch::NoGradGuard no_grad;
    for (const auto& part : parts)
      for (std::size_t i = 0; i < part.gradient.size(); ++i)
        problem.parameters()[i].add_(part.gradient[i], -1e-4);
    return 0;
  }

 private:
  bool again_;
};

/// 1.1 million parameters in 60 tensors: as little arithmetic per parameter as any network has.
const Spec kPerceptron{"mlp", {{"hidden", Integers(29, 185)}}};
/// 0.4 million parameters, most of them in a linear layer behind two convolutions.
const Spec kConvolutions{"convnet", {}};

/// One optimizer on a model of its own.
class Desk {
 public:
  Desk(std::shared_ptr<Optimizer> optimizer, const Spec& model) : optimizer_(std::move(optimizer)) {
    Info info;
    info.input_shape = {1, 28, 28};
    info.classes = 10;
    seed_default_generators(Rng(1), torch::kCPU);
    model_ = testing::plugins().make<Model>(model, &info);
    problem_ = std::make_unique<BatchProblem>(*model_, objective_, ProblemOptions{});
    const auto generator = Rng(2).generator();
    batch_ = {at::randn({kBatch, 1, 28, 28}, generator), at::randint(10, {kBatch}, generator),
              torch::arange(kBatch), at::zeros({kBatch}, torch::kInt64)};
  }
  void step() {
    const Context context{torch::kCPU, Rng(3).fork(step_++), nullptr};
    problem_->begin({batch_}, context, 1);
    optimizer_->step(*problem_);
    problem_->take_figures();
  }
  const Tensors& parameters() const { return problem_->parameters(); }

 private:
  std::shared_ptr<Optimizer> optimizer_;
  ThreeTerms objective_;
  std::shared_ptr<Model> model_;
  std::unique_ptr<BatchProblem> problem_;
  Batch batch_;
  std::uint64_t step_ = 0;
};

const Spec kSgd{"sgd", {{"lr", 1e-4}}};

std::shared_ptr<Optimizer> around(const std::string& use, Values params = {}) {
  params["base"] = kSgd;
  return testing::plugins().make<Optimizer>({use, params});
}

struct Want {
  std::string name, unit;
  double passes, slack;
};

void steps(const Spec& model, double seconds, int blocks) {
  std::vector<std::pair<std::string, std::shared_ptr<Optimizer>>> optimizers{
      {"sgd", testing::plugins().make<Optimizer>(kSgd)},
      {"terms", std::make_shared<Passes>(false)},
      {"terms_twice", std::make_shared<Passes>(true)},
      {"sam", around("sam")},
      {"looksam", around("looksam", {{"k", std::int64_t{5}}})},
      {"pcgrad", around("pcgrad")},
      {"cagrad", around("cagrad")},
      {"mgda", around("mgda")},
      {"pga", around("pga")}};
  std::vector<std::unique_ptr<Desk>> desks;
  std::vector<Contender> all;
  for (auto& [name, optimizer] : optimizers) {
    desks.push_back(std::make_unique<Desk>(optimizer, model));
    all.push_back({name, [desk = desks.back().get()] { desk->step(); }});
  }
  constexpr int kSlice = 20;  // several of LookSAM's rounds, so that the caches are its own
  run_block(all, seconds / 4, kSlice);
  for (auto& who : all) who.rates.clear();
  for (int block = 0; block < blocks; ++block) run_block(all, seconds, kSlice);
  const std::vector<Want> wanted{{"sam", "sgd", 2, 0.03},      {"looksam", "sgd", 1.2, 0.05},
                                 {"pcgrad", "terms", 1, 0.05}, {"cagrad", "terms", 1, 0.05},
                                 {"mgda", "terms", 1, 0.05},   {"pga", "terms_twice", 1, 0.05}};
  std::printf("%s: %zu tensors, batch %d, %zu terms; sgd %.1f steps/s\n", model.use.c_str(),
              desks.front()->parameters().size(), static_cast<int>(kBatch), kTerms,
              median(all.front().rates));
  for (const auto& want : wanted)
    std::printf("%-8s %.3f of %-11s (at most %.3f wanted)\n", want.name.c_str(),
                ratio(named(all, want.name), named(all, want.unit)), want.unit.c_str(),
                want.passes * (1 + want.slack));
}

// Norm, move and return as one writes them tensor by tensor: a copy of each weight, and back.
void by_tensor(const Tensors& weights, const Tensors& gradient) {
  const torch::NoGradGuard no_grad;
  double squares = 0;
  for (const auto& g : gradient) squares += g.norm().square().item<double>();
  const double scale = 0.05 / (std::sqrt(squares) + 1e-12);
  Tensors start;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    start.push_back(weights[i].detach().clone());
    weights[i].add_(gradient[i], scale);
  }
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i].copy_(start[i]);
}

// The same arithmetic as ours, a tensor at a time: into the gradient's memory, without copies.
void by_tensor_in_place(const Tensors& weights, const Tensors& gradient) {
  const torch::NoGradGuard no_grad;
  double squares = 0;
  for (const auto& g : gradient) {
    const auto flat = g.reshape(-1);
    squares += at::dot(flat, flat).item<double>();
  }
  const double scale = 0.05 / (std::sqrt(squares) + 1e-12);
  Tensors start;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    start.push_back(weights[i].detach());
    auto there = gradient[i];
    at::add_out(there, weights[i], there, scale);
    auto weight = weights[i];
    weight.set_data(there);
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    auto weight = weights[i];
    weight.set_data(start[i]);
  }
}

void at_once(const Tensors& weights, const Tensors& gradient) {
  const torch::NoGradGuard no_grad;
  const double scale = 0.05 / (norm(gradient) + 1e-12);
  const ScopedWeights displaced(weights, add_scaled(weights, gradient, scale));
}

void moves(double seconds, int blocks) {
  Desk desk(around("sam"), kPerceptron);
  Tensors
      gradient;  // its values do not matter, but must stay small: it is overwritten again and again
  for (const auto& w : desk.parameters()) gradient.push_back(at::randn(w.sizes()) * 1e-3);
  const auto& w = desk.parameters();
  std::vector<Contender> all{{"at_once", [&] { at_once(w, gradient); }},
                             {"in_place", [&] { by_tensor_in_place(w, gradient); }},
                             {"copying", [&] { by_tensor(w, gradient); }},
                             {"step", [&] { desk.step(); }}};
  run_block(all, seconds / 4, 20);
  for (auto& who : all) who.rates.clear();
  for (int block = 0; block < blocks; ++block) run_block(all, seconds, 20);
  const auto& ours = named(all, "at_once");
  std::printf(
      "norm, move and return: %.4f of a step of sam (at most 0.03 wanted)\n"
      "tensor by tensor, copying: %.2f times as long (at least 1.5 wanted); in place: %.2f\n",
      ratio(ours, named(all, "step")), ratio(named(all, "copying"), ours),
      ratio(named(all, "in_place"), ours));
}

}  // namespace

int main(int count, char** words) {
  try {
    const std::string what = count > 1 ? words[1] : "all";
    configure(1, true);
    if (what != "moves")
      for (const auto& model : {kPerceptron, kConvolutions}) steps(model, 0.5, 5);
    if (what != "steps") moves(0.2, 15);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "assay-bench-optimizers: %s\n", error.what());
    return 1;
  }
}
