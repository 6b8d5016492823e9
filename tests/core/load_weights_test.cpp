// Tensors of other names put into a module; what does not fit is told at once.
#include <catch2/catch.hpp>

#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/module.h>

#include "assay/error.h"
#include "assay/sdk/safetensors.h"
#include "assay/sdk/weights.h"
#include "tests/support/shell.h"

using namespace assay;
using Catch::Contains;

namespace {

struct Net : torch::nn::Module {
  Net() {
    encoder = register_module("encoder", std::make_shared<torch::nn::Module>());
    head = register_module("head", std::make_shared<torch::nn::Module>());
    norm = register_module("norm", std::make_shared<torch::nn::Module>());
    encoder->register_parameter("weight", at::zeros({4, 3}));
    encoder->register_parameter("bias", at::zeros({4}));
    head->register_parameter("weight", at::zeros({2, 4}));
    head->register_parameter("bias", at::zeros({2}));
    norm->register_buffer("num_batches_tracked", at::zeros({}, torch::kInt64));
  }
  torch::Tensor at(const std::string& name) const {
    auto all = named_parameters();
    return all[name].detach();
  }
  std::shared_ptr<torch::nn::Module> encoder, head, norm;
};

torch::Tensor numbers(std::vector<std::int64_t> shape) {
  std::int64_t count = 1;
  for (const auto size : shape) count *= size;
  return at::arange(count, torch::kFloat).view(shape);
}

TensorMap whole() {
  return {{"encoder.weight", numbers({4, 3})},
          {"encoder.bias", numbers({4})},
          {"head.weight", numbers({2, 4})},
          {"head.bias", numbers({2})}};
}

std::string misfits(const TensorMap& given, const WeightPlan& plan = {}) {
  Net net;
  try {
    load_weights(net, given, plan, "x.safetensors");
  } catch (const Error& error) {
    for (const auto& p : net.parameters()) CHECK(p.abs().sum().item<float>() == 0);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("all weights under their own names; a counter of batch norm may be missing") {
  Net net;
  load_weights(net, whole(), {}, "x");
  CHECK(net.at("head.weight")[1][3].item<float>() == 7);
}

TEST_CASE("a rule that takes nothing is told, if that is asked for") {
  WeightPlan plan{{{"encoder.*", {"encoder.*"}}, {"head.*", {"head.*"}}}, {"head.*"}};
  CHECK(misfits(whole(), plan).empty());
  plan.needs_all_rules = true;
  CHECK_THAT(misfits(whole(), plan), Contains("`take` has `head.*`, which takes nothing"));
  plan.kept = {"head.bias"};
  CHECK(misfits(whole(), plan).empty());
  plan.rules.insert(plan.rules.begin(), {"*", {"*"}});
  CHECK_THAT(misfits(whole(), plan), Contains("`take` has `encoder.*`, which takes nothing"));
}

TEST_CASE("half precision is converted") {
  Net net;
  auto given = whole();
  given["encoder.bias"] = given["encoder.bias"].to(torch::kHalf);
  load_weights(net, given, {}, "x");
  CHECK(net.at("encoder.bias")[3].item<float>() == 3);
}

TEST_CASE("tensors are renamed, transposed and split") {
  Net net;
  const TensorMap given{
      {"model.0.kernel", numbers({3, 4})}, {"model.0.b", numbers({4})}, {"other", numbers({9})}};
  load_weights(
      net, given,
      {{{"model.*.kernel", {"encoder.weight"}, true}, {"model.0.b", {"encoder.bias"}}}, {"head.*"}},
      "x");
  CHECK(net.at("encoder.weight")[1][2].item<float>() == numbers({3, 4})[2][1].item<float>());
  CHECK(net.at("head.weight").abs().sum().item<float>() == 0);

  Net parts;
  load_weights(parts, {{"both", numbers({6})}},
               {{{"both", {"encoder.bias", "head.bias"}}}, {"*.weight"}}, "x");
  CHECK(parts.at("encoder.bias")[3].item<float>() == 3);
  CHECK(parts.at("head.bias")[0].item<float>() == 4);
}

TEST_CASE("a pattern's stars stand for the same text in both names") {
  Net net;
  TensorMap given;
  for (const auto& [name, tensor] : whole()) given["backbone." + name + ".v1"] = tensor;
  load_weights(net, given, {{{"backbone.*.v1", {"*"}}}, {}}, "x");
  CHECK(net.at("encoder.weight")[3][2].item<float>() == 11);
  CHECK_THROWS_WITH(load_weights(net, given, {{{"backbone.encoder.bias.v1", {"*"}}}, {}}, "x"),
                    Contains("more `*`"));
}

TEST_CASE("every misfit is told with both shapes, and nothing is copied") {
  auto given = whole();
  given.erase("encoder.bias");
  given["head.weight"] = numbers({5, 4});
  given["tail"] = numbers({2});
  given["encoder.weight"] = given["encoder.weight"].to(torch::kInt64);
  const auto text = misfits(given);
  CHECK_THAT(text, Contains("x.safetensors: 4 tensors do not fit the model"));
  CHECK_THAT(text, Contains("`head.weight` is [5, 4], and [2, 4] in the model"));
  CHECK_THAT(text, Contains("`tail` [2] is no tensor of the model"));
  CHECK_THAT(text, Contains("`encoder.weight` is Long, and Float in the model"));
  CHECK_THAT(text, Contains("`encoder.bias` [4] of the model is missing"));
  CHECK_THAT(
      misfits({{"a", numbers({4})}, {"b", numbers({4})}, {"encoder.weight", numbers({4, 3})}},
              {{{"a", {"encoder.bias"}}, {"b", {"encoder.bias"}}, {"*", {"*"}}}, {"head.*"}}),
      Contains("`a` and `b` are both `encoder.bias`"));
  CHECK_THAT(misfits({{"q", numbers({4, 3, 2})}},
                     {{{"q", {"encoder.weight"}, true}}, {"*.bias", "head.*"}}),
             Contains("cannot be transposed"));
  CHECK_THAT(
      misfits({{"q", numbers({7, 3})}}, {{{"q", {"encoder.weight", "head.weight"}}}, {"*.bias"}}),
      Contains("`q` [7, 3] cannot be split into `encoder.weight` [4, 3], `head.weight` [2, 4]"));
}

TEST_CASE("a pattern that matches nothing is told with what is near") {
  CHECK_THAT(misfits(whole(), {{}, {"haed.*"}}),
             Contains("`new` has the pattern `haed.*`") && Contains("the nearest is `head`"));
  CHECK_THAT(misfits(whole(), {{}, {"zzzzzz*"}}), Contains("there are "));
}

TEST_CASE("a folder of files is one set of weights, and a name may not stand in two") {
  const testing::Folder folder;
  folder.write("a-1.safetensors", to_safetensors({{"x", numbers({2})}}));
  folder.write("a-2.safetensors", to_safetensors({{"y", numbers({3})}}));
  folder.write("index.json", "{}");
  CHECK(read_weights(folder.path()).size() == 2);
  CHECK(read_weights(folder.path() / "a-2.safetensors").at("y").numel() == 3);
  folder.write("a-3.safetensors", to_safetensors({{"y", numbers({3})}}));
  CHECK_THROWS_WITH(read_weights(folder.path()), Contains("a-3.safetensors") && Contains("`y`"));
  CHECK_THROWS_WITH(read_weights(folder.path() / "b"), Contains("cannot be read"));
  const testing::Folder empty;
  CHECK_THROWS_WITH(read_weights(empty.path()), Contains("no .safetensors file"));
}

TEST_CASE("NaN is no weight to start from, but a checkpoint may have it") {
  auto given = whole();
  given["head.bias"].fill_(std::numeric_limits<float>::quiet_NaN());
  CHECK_THAT(misfits(given), Contains("`head.bias` [2] has NaN"));
  Net net;
  load_weights(net, given, {}, "x", ErrorKind::kCorrupt);
  CHECK(net.at("head.bias").isnan().all().item<bool>());
}
