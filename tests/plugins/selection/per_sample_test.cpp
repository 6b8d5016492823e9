// Gradients of single samples, against autograd that takes one sample at a time.
#include <catch2/catch.hpp>

#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/functional/activation.h>
#include <torch/nn/functional/loss.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include "assay/sdk/layers.h"
#include "assay/sdk/training.h"
#include "selection/select/gradients/per_sample.h"
#include "selection/select/gradients/squared_norms.h"
#include "tests/support/plugin_host.h"

using namespace selection;
namespace nn = torch::nn;
namespace F = torch::nn::functional;
using assay::testing::plugins;

namespace {

// Keeps all numbers where they are.
class Whole final : public Sketch {
 public:
  void add(const torch::Tensor& x, std::int64_t offset, torch::Tensor& out) const override {
    out.narrow(1, offset, x.size(1)).add_(x);
  }
};

torch::Tensor normal(at::IntArrayRef sizes, std::uint64_t seed) {
  return at::randn(sizes, assay::Rng(seed).generator(), torch::TensorOptions(torch::kFloat));
}

torch::Tensor one_by_one(assay::Model& model, const assay::NamedTensors& parameters,
                         const torch::Tensor& input, const PerSample::Losses& losses) {
  const assay::EvalMode mode(model);
  std::vector<torch::Tensor> rows, tensors;
  for (const auto& [name, tensor] : parameters) tensors.push_back(tensor);
  for (std::int64_t b = 0; b < input.size(0); ++b) {
    const auto loss =
        losses(model.forward({.input = input.narrow(0, b, 1)}).logits.expand({input.size(0), -1}));
    std::vector<torch::Tensor> parts;
    const auto found = torch::autograd::grad({loss[b]}, tensors, {}, {}, false, true);
    for (std::size_t k = 0; k < found.size(); ++k)
      parts.push_back(found[k].defined() ? found[k].flatten() : at::zeros({tensors[k].numel()}));
    rows.push_back(at::cat(parts));
  }
  return at::stack(rows);
}

void check(assay::Model& model, const torch::Tensor& input, bool fall_back = false) {
  const auto labels = at::arange(input.size(0), torch::kInt64) % 3;
  const PerSample::Losses losses = [&](const torch::Tensor& logits) {
    return F::cross_entropy(logits, labels, F::CrossEntropyFuncOptions().reduction(torch::kNone));
  };
  const auto parameters = assay::last_layers(model, 0);
  PerSample gradients(model, parameters, {input.narrow(0, 0, 2)}, fall_back);
  const auto found = gradients.sketched({input}, losses, Whole(), gradients.width());
  const auto expected = one_by_one(model, parameters, input, losses);
  REQUIRE(found.sizes() == expected.sizes());
  const double scale = expected.abs().max().item<double>();
  REQUIRE(scale > 0);
  CHECK((found - expected).abs().max().item<double>() < 2e-5 * scale);
  const auto norms = gradients.norms({input}, losses);
  CHECK(at::allclose(norms, expected.to(torch::kDouble).norm(2, 1), 2e-5, 1e-6 * scale));
}

// A model of one forward function.
struct Made final : assay::Model {
  std::function<torch::Tensor(const torch::Tensor&)> run;
  assay::Output forward(const assay::Batch& batch) override { return {run(batch.input), {}}; }
};

}  // namespace

TEST_CASE("models of the plugins have the gradients that autograd gives one by one") {
  assay::Info images;
  images.input_shape = {1, 28, 28};
  images.classes = 10;
  const assay::Spec specs[] = {
      {"mlp", {}},
      {"convnet", {}},
      {"resnet", {{"depth", std::int64_t{8}}, {"width", std::int64_t{8}}}},
      {"resnet",
       {{"depth", std::int64_t{8}}, {"width", std::int64_t{8}}, {"norm", std::string("group")}}}};
  for (const auto& spec : specs) {
    INFO(spec.use);
    assay::seed_default_generators(assay::Rng(7), torch::kCPU);
    const auto model = plugins().make<assay::Model>(spec, &images);
    check(*model, normal({5, 1, 28, 28}, 1));
  }
}

TEST_CASE("convolutions with strides, dilation, padding and groups") {
  Made model;
  const auto conv = model.register_module("conv", nn::Conv2d(nn::Conv2dOptions(4, 6, {3, 2})
                                                                 .stride({2, 1})
                                                                 .padding({1, 2})
                                                                 .dilation({1, 2})
                                                                 .groups(2)));
  const auto head = model.register_module("head", nn::Linear(6, 3));
  model.run = [=](const torch::Tensor& x) mutable {
    return head->forward(at::relu(conv->forward(x)).mean({2, 3}));
  };
  check(model, normal({4, 4, 9, 8}, 2));
}

TEST_CASE("attention, with its samples second, and layer norm") {
  Made model;
  const auto attention = model.register_module("attention", nn::MultiheadAttention(8, 2));
  const auto norm = model.register_module("norm", nn::LayerNorm(nn::LayerNormOptions({8})));
  const auto head = model.register_module("head", nn::Linear(8, 3));
  model.run = [=](const torch::Tensor& x) mutable {
    const auto places = norm->forward(x.transpose(0, 1));  // [T, B, 8]
    const auto [mixed, weights] = attention->forward(places, places, places);
    return head->forward((mixed + places).mean(0));
  };
  check(model, normal({5, 6, 8}, 3));
}

TEST_CASE("a layer used twice, one changed in place, one flattened over places, one not used") {
  Made model;
  const auto twice = model.register_module("twice", nn::Linear(8, 8));
  const auto head = model.register_module("head", nn::Linear(8, 3));
  model.register_module("unused", nn::Linear(2, 2));
  model.run = [=](const torch::Tensor& x) mutable {
    auto first = twice->forward(x.reshape({-1, 8}));
    first.relu_();
    return head->forward(twice->forward(first).reshape({x.size(0), -1, 8}).mean(1));
  };
  check(model, normal({5, 4, 8}, 4));
}

TEST_CASE("parameters that are added to, or multiply, each sample or each place") {
  Made model;
  const auto places = model.register_parameter("places", normal({1, 4, 8}, 11));
  const auto scale = model.register_parameter("scale", normal({8}, 12));
  const auto head = model.register_module("head", nn::Linear(nn::LinearOptions(8, 3).bias(false)));
  model.run = [=](const torch::Tensor& x) mutable {
    return head->forward(((x + places) * scale).square().mean(1));
  };
  check(model, normal({5, 4, 8}, 13));
}

TEST_CASE("a parameter without a rule is named, or taken one sample at a time") {
  Made model;
  const auto scale = model.register_parameter("scale", at::ones({8}));
  const auto head = model.register_module("head", nn::Linear(8, 3));
  model.run = [=](const torch::Tensor& x) mutable { return head->forward(at::exp(scale) * x); };
  const auto input = normal({5, 8}, 5);
  CHECK_THROWS_WITH(PerSample(model, assay::last_layers(model, 0), {input}, false),
                    Catch::Contains("`scale` goes through aten::exp, which has no rule"));
  check(model, input, true);
  PerSample gradients(model, assay::last_layers(model, 0), {input}, true);
  CHECK(gradients.others() == std::vector<std::string>{"`scale` goes through aten::exp"});
}

TEST_CASE("a parameter in a list of tensors is not lost") {
  Made model;
  const auto token = model.register_parameter("token", normal({1, 1, 8}, 15));
  const auto head = model.register_module("head", nn::Linear(8, 3));
  model.run = [=](const torch::Tensor& x) mutable {
    const auto with = at::cat({token.expand({x.size(0), 1, 8}), x}, 1);
    return head->forward(with.square().mean(1));
  };
  const auto input = normal({5, 4, 8}, 16);
  CHECK_THROWS_WITH(PerSample(model, assay::last_layers(model, 0), {input}, false),
                    Catch::Contains("`token` goes through an operator that was not recorded"));
  check(model, input, true);
}

TEST_CASE("a model that changes in place what a layer was given is refused") {
  Made model;
  const auto first = model.register_module("first", nn::Linear(8, 8));
  const auto head = model.register_module("head", nn::Linear(8, 3));
  model.run = [=](const torch::Tensor& x) mutable {
    auto copy = x.clone();
    const auto y = first->forward(copy);
    copy.zero_();
    return head->forward(y);
  };
  CHECK_THROWS_WITH(check(model, normal({5, 8}, 14)),
                    Catch::Contains("modifies in place a tensor that it passed to"));
}

TEST_CASE("samples that change each other's results are refused") {
  Made model;
  const auto first = model.register_module("first", nn::Linear(8, 8));
  const auto head = model.register_module("head", nn::Linear(8, 3));
  model.run = [=](const torch::Tensor& x) mutable {
    const auto y = first->forward(x);
    return head->forward(y - y.mean(0, true));
  };
  CHECK_THROWS_WITH(PerSample(model, assay::last_layers(model, 0), {normal({5, 8}, 6)}, false),
                    Catch::Contains("the samples of a batch affect each other's results"));
  Made norm;
  const auto layer = norm.register_module(
      "norm", nn::BatchNorm1d(nn::BatchNorm1dOptions(8).track_running_stats(false)));
  const auto last = norm.register_module("head", nn::Linear(8, 3));
  norm.run = [=](const torch::Tensor& x) mutable { return last->forward(layer->forward(x)); };
  CHECK_THROWS_AS(check(norm, normal({5, 8}, 7)), assay::Error);
}

TEST_CASE("chosen parameters alone, sketched, are the sketch of their gradients") {
  assay::Info images;
  images.input_shape = {1, 28, 28};
  images.classes = 10;
  assay::seed_default_generators(assay::Rng(7), torch::kCPU);
  const auto model = plugins().make<assay::Model>({"convnet", {}}, &images);
  auto parameters = assay::last_layers(*model, 0);
  parameters.erase(parameters.begin(), parameters.begin() + 2);
  const auto input = normal({4, 1, 28, 28}, 8);
  const PerSample::Losses losses = [](const torch::Tensor& logits) {
    return logits.square().sum(1);
  };
  PerSample gradients(*model, parameters, {input}, false);
  const auto expected = one_by_one(*model, parameters, input, losses);
  for (const std::string name : {"gaussian", "count", "hadamard"}) {
    const auto sketch = sketch_of(name, 64, assay::Rng(9));
    auto whole = at::zeros({4, 64});
    sketch->add(expected, 0, whole);
    const auto found = gradients.sketched({input}, losses, *sketch, 64);
    CHECK((found - whole).abs().max().item<double>() < 1e-4 * whole.abs().max().item<double>());
  }
}

TEST_CASE("squared norms are those of the sums, however few samples are multiplied out at a time") {
  const auto left = normal({5, 3, 4}, 1), right = normal({5, 3, 2}, 2), v = normal({5, 6}, 3);
  const auto product = at::bmm(left.transpose(1, 2), right).flatten(1);  // [5, 8]
  auto both = product.clone();
  both.narrow(1, 2, 6).add_(v);
  const auto square = [](const torch::Tensor& x) { return x.to(torch::kDouble).square().sum(1); };
  for (const std::int64_t largest : {1, 40, 1000}) {
    SquaredNorms once(5, {1, 1}, largest), twice(5, {2, 1}, largest);
    for (auto* norms : {&once, &twice}) {
      norms->outer({0, 0}, left, right);
      norms->vector({norms == &twice ? 0U : 1U, norms == &twice ? 2 : 0}, v);
    }
    CHECK(at::allclose(once.sum_up(), square(product) + square(v), 1e-5, 1e-6));
    CHECK(at::allclose(twice.sum_up(), square(both), 1e-5, 1e-6));
  }
  CHECK(SquaredNorms(2, {}).sum_up().count_nonzero().item<std::int64_t>() == 0);
}

TEST_CASE("a weight that is used twice, and one seen at many places, have norms too") {
  Made model;
  const auto shared = model.register_module("shared", nn::Linear(6, 6));
  const auto wide = model.register_module("wide", nn::Conv2d(nn::Conv2dOptions(1, 2, 3)));
  const auto head = model.register_module("head", nn::Linear(8, 3));
  model.run = [=](const torch::Tensor& x) mutable {  // [B, 1, 6, 6]
    const auto rows = shared->forward(at::relu(shared->forward(x.mean({1, 2}))));
    return head->forward(at::cat({rows, wide->forward(x).mean({2, 3})}, 1));
  };
  check(model, normal({5, 1, 6, 6}, 4));
}
