// Variational layers: the moments of their outputs, and their divergences.
#include <catch2/catch.hpp>

#include <cmath>
#include <set>

#include <ATen/ops/conv2d.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>

#include "assay/sdk/training.h"
#include "bayes/variational_nets/layers.h"
#include "tests/support/tiny_trial.h"

using namespace assay;
using namespace assay::testing;

namespace {

constexpr std::int64_t kDraws = 20000;

// Mean and variance over draws, each within four deviations of what is expected.
void check_moments(const Tensors& draws, const torch::Tensor& mean, const torch::Tensor& variance) {
  const auto all = at::stack(draws).to(torch::kDouble);
  const double n = static_cast<double>(draws.size());
  const auto error = (variance / n).sqrt() + 1e-6;
  CHECK(((all.mean(0) - mean).abs() / error).max().item<double>() < 5);
  CHECK(
      ((all.var(0) - variance).abs() / (variance * std::sqrt(2 / n) + 1e-9)).max().item<double>() <
      6);
}

torch::Tensor parameter(const torch::nn::Module& module, const std::string& name) {
  return module.named_parameters()[name].detach().to(torch::kDouble);
}

std::shared_ptr<variational::Layer> layer(const std::string& kind, at::IntArrayRef shape,
                                          variational::Map map) {
  seed_default_generators(Rng(3), torch::kCPU);
  return variational::make_layer(
      {.layers = kind, .prior_deviation = 0.3, .initial_deviation = 0.2, .components = 2}, shape,
      map);
}

}  // namespace

TEST_CASE("local reparametrization draws outputs with the moments of drawn weights") {
  const torch::NoGradGuard no_grad;
  for (const bool convolution : {false, true}) {
    const std::vector<std::int64_t> shape =
        convolution ? std::vector<std::int64_t>{2, 3, 3, 3} : std::vector<std::int64_t>{2, 3};
    const auto one = layer("local_reparametrization", shape,
                           convolution ? variational::convolve : variational::linear);
    const auto x = at::randn(convolution ? at::IntArrayRef({1, 3, 4, 4}) : at::IntArrayRef({1, 3}),
                             Rng(5).generator(), torch::kFloat);
    Tensors direct, by_weights;
    const auto W = parameter(*one, "weight"), b = parameter(*one, "bias");
    const auto generator = Rng(8).generator();
    for (std::int64_t k = 0; k < kDraws; ++k) {
      direct.push_back(one->forward(x, {}));
      const auto w = W + 0.2 * at::randn(W.sizes(), generator, W.options()),
                 c = b + 0.2 * at::randn(b.sizes(), generator, b.options());
      by_weights.push_back(convolution ? at::conv2d(x.to(torch::kDouble), w, c, 1, 1)
                                       : at::linear(x.to(torch::kDouble), w, c));
    }
    one->eval();
    const auto mean = one->forward(x, {}).to(torch::kDouble);
    const auto squares = x.to(torch::kDouble).square();
    const auto ones = at::full_like(W, 0.04), one_bias = at::full_like(b, 0.04);
    const auto variance = convolution ? at::conv2d(squares, ones, one_bias, 1, 1)
                                      : at::linear(squares, ones, one_bias);
    check_moments(direct, mean, variance);
    check_moments(by_weights, mean, variance);
  }
}

TEST_CASE("rank-1 layers scale shared weights by factors of the sample's component") {
  const torch::NoGradGuard no_grad;
  const auto one = layer("rank1", {2, 3}, variational::linear);
  const auto x = at::randn({1, 3}, Rng(5).generator(), torch::kFloat);
  Tensors draws, by_hand;
  for (std::int64_t k = 0; k < kDraws; ++k)
    draws.push_back(one->forward(x, torch::tensor({k % 2}, torch::kInt64)));
  const auto W = parameter(*one, "weight"), b = parameter(*one, "bias"), r = parameter(*one, "r"),
             s = parameter(*one, "s");
  REQUIRE(r.sizes() == at::IntArrayRef({2, 2}));
  const auto generator = Rng(8).generator();
  const auto normal = [&](const torch::Tensor& like) {
    return 0.2 * at::randn(like.sizes(), generator, like.options());
  };
  for (std::int64_t k = 0; k < kDraws; ++k) {
    const auto rk = r[k % 2] + normal(r[0]), sk = s[k % 2] + normal(s[0]);
    by_hand.push_back(at::linear(x.to(torch::kDouble), W * at::outer(rk, sk), b));
  }
  const auto expected = at::stack(by_hand);
  check_moments(draws, expected.mean(0), expected.var(0));
}

TEST_CASE("a layer's divergence is the sum over its Gaussian weights") {
  const auto kl = [](const torch::Tensor& m, double s, double prior_mean) {
    return (std::log(0.3 / s) + (s * s + (m - prior_mean).square()) / (2 * 0.09) - 0.5)
        .sum()
        .item<double>();
  };
  const auto local = layer("local_reparametrization", {2, 3}, variational::linear);
  CHECK(local->divergence().item<double>() ==
        Approx(kl(parameter(*local, "weight"), 0.2, 0) + kl(parameter(*local, "bias"), 0.2, 0))
            .epsilon(1e-5));
  const auto rank1 = layer("rank1", {2, 3}, variational::linear);
  CHECK(rank1->divergence().item<double>() ==
        Approx((kl(parameter(*rank1, "r"), 0.2, 1) + kl(parameter(*rank1, "s"), 0.2, 1)) / 2)
            .epsilon(1e-5));
  CHECK(variational::divergence(torch::tensor({0.05}, torch::kDouble),
                                variational::deviation_of(torch::tensor({-5.0}, torch::kDouble)), 0,
                                0.1)
            .item<double>() == Approx(2.328029256).epsilon(1e-9));
}

TEST_CASE("elbo adds the divergence per training sample, and sam leaves the scales") {
  const auto data = std::make_shared<TinyData>();
  const Info& info = data->info();
  for (const std::string layers : {"local_reparametrization", "rank1"}) {
    seed_default_generators(Rng(1), torch::kCPU);
    const auto model = plugins().make<Model>(
        {"variational_convnet", {{"layers", layers}, {"width", std::int64_t{2}}}}, &info);
    const auto elbo = plugins().make<Objective>(
        {"elbo",
         {{"beta", 0.5}, {"warmup", std::int64_t{10}}, {"base", Spec{"cross_entropy", {}}}}},
        &info);
    CHECK(elbo->terms() == Strings{"cross_entropy", "divergence"});
    BatchProblem problem(*model, *elbo, {});
    const Context context{torch::kCPU, Rng(2)};
    problem.begin({data->load(data->ids(Split::kTrain).first(12), {})}, context.at_step(4), 1);
    const auto terms = problem.losses(By::kTerm);
    const double divergence = as<Variational>(*model, "", "").divergence().item<double>();
    REQUIRE(terms.size() == 2);
    CHECK(terms[1].loss == Approx(0.5 * 0.5 * divergence / 60).epsilon(1e-6));
    const auto roles = problem.roles();
    REQUIRE(roles.size() == problem.parameters().size());
    for (std::size_t i = 0; i < roles.size(); ++i)
      CHECK(is_ascended(roles[i]) != problem.parameter_names()[i].ends_with("_rho"));
  }
}

TEST_CASE("weight decay of scales is refused, and of weights it is not") {
  const auto data = std::make_shared<TinyData>();
  const auto& info = data->info();
  const auto model = plugins().make<Model>({"variational_mlp", {}}, &info);
  const auto elbo = plugins().make<Objective>({"elbo", {}}, &info);
  const auto check = [&](const Spec& optimizer) {
    BatchProblem problem(*model, *elbo, {});
    plugins().make<Optimizer>(optimizer, &info)->check(problem);
  };
  for (const std::string use : {"adamw", "sgd"}) {
    const Spec decaying{use, {{"weight_decay", 0.1}}}, plain{use, {{"weight_decay", 0.0}}};
    CHECK_NOTHROW(check(plain));
    CHECK_THROWS_WITH(check(decaying), Catch::Contains("_rho`, which is the scale"));
    CHECK_THROWS_WITH(check({"sam", {{"base", decaying}}}),
                      Catch::Contains("`" + use + "` decays"));
    const Specs groups{{"parameters", {{"names", Strings{"*_rho"}}, {"optimizer", plain}}},
                       {"parameters", {{"optimizer", decaying}}}};
    CHECK_NOTHROW(check({"grouped", {{"groups", groups}}}));
  }
}

TEST_CASE("a rank-1 network draws one component per sample for all its layers") {
  const auto data = std::make_shared<TinyData>();
  seed_default_generators(Rng(1), torch::kCPU);
  const auto model = plugins().make<Model>({"variational_mlp",
                                            {{"layers", std::string("rank1")},
                                             {"components", std::int64_t{2}},
                                             {"initial_deviation", 1e-6}}},
                                           &data->info());
  const torch::NoGradGuard no_grad;
  const auto batch = data->load(data->ids(Split::kTrain).first(1), {});
  std::set<std::string> seen;  // without noise, a network per component gives two answers
  for (std::uint64_t k = 0; k < 40; ++k) {
    seed_default_generators(Rng(k), torch::kCPU);
    const auto logits = (model->forward(batch).logits * 100).round();
    seen.insert(c10::str(logits));
  }
  CHECK(seen.size() == 2);
}
