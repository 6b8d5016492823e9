// resnet against weights in circulation: Idelbayev's ResNet-20, -32 and -56 for CIFAR-10.
#include <catch2/catch.hpp>

#include <ATen/ops/allclose.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/randn.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "assay/sdk/safetensors.h"
#include "tests/support/data.h"
#include "tests/support/plugin_host.h"
#include "tests/support/shell.h"

using namespace assay;
using assay::testing::data_folder;
using assay::testing::data_missing;
using assay::testing::plugins;

namespace {

const Info kCifar{{3, 32, 32}, 10, 1, {}, {}};

std::shared_ptr<Model> pretrained(std::int64_t depth, const std::filesystem::path& file) {
  auto model = plugins().make<Model>({"resnet", {{"depth", depth}}}, &kCifar);
  const torch::NoGradGuard no_grad;
  auto weights = from_safetensors(testing::slurp(file), file.string());
  const auto put = [&](const std::string& name, const torch::Tensor& to) {
    if (name.ends_with("num_batches_tracked")) return;  // not in the files: a count, no weight
    INFO(name);
    REQUIRE(weights.contains(name));
    REQUIRE(weights.at(name).sizes() == to.sizes());
    to.copy_(weights.at(name));
    weights.erase(name);
  };
  for (const auto& p : model->named_parameters()) put(p.key(), p.value());
  for (const auto& b : model->named_buffers()) put(b.key(), b.value());
  CHECK(weights.empty());
  model->eval();
  return model;
}

struct Images {
  torch::Tensor input, label;
};

// Records of 3073 bytes: a label, then 1024 red, 1024 green and 1024 blue bytes.
Images test_images(const std::filesystem::path& file) {
  auto bytes = testing::slurp(file);
  const auto count = static_cast<std::int64_t>(bytes.size()) / 3073;
  const auto all = at::from_blob(bytes.data(), {count, 3073}, torch::kUInt8).clone();
  const auto mean = torch::tensor({0.485, 0.456, 0.406}, torch::kFloat).view({1, 3, 1, 1});
  const auto deviation = torch::tensor({0.229, 0.224, 0.225}, torch::kFloat).view({1, 3, 1, 1});
  const auto pixels = all.slice(1, 1).reshape({count, 3, 32, 32}).to(torch::kFloat) / 255;
  return {(pixels - mean) / deviation, all.select(1, 0).to(torch::kInt64)};
}

}  // namespace

TEST_CASE("published ResNet-20 weights give the published logits and 91.5 % of 1000 test images") {
  if (data_missing()) return;
  const auto data = data_folder();
  const torch::NoGradGuard no_grad;
  const auto model = pretrained(20, data / "resnet-cifar10/resnet20-12fca82f.safetensors");
  const auto images = test_images(data / "cifar10/test_batch_first1000.bin");
  const auto logits = model->forward({.input = images.input}).logits;
  const double cat[] = {-5.310, -0.496, 0.877,  23.731, -4.105,
                        4.464,  -0.234, -5.418, -3.712, -9.882};
  for (int k = 0; k < 10; ++k) CHECK(logits[0][k].item<double>() == Approx(cat[k]).margin(2e-3));
  CHECK(logits.argmax(1).eq(images.label).sum().item<int>() == 915);
}

TEST_CASE("parameter counts are those of the published networks") {
  const std::pair<std::int64_t, std::int64_t> known[] = {{20, 269722}, {32, 464154}, {56, 853018}};
  for (const auto& [depth, count] : known) {
    std::int64_t found = 0;
    for (const auto& p :
         plugins().make<Model>({"resnet", {{"depth", depth}}}, &kCifar)->parameters())
      found += p.numel();
    CHECK(found == count);
  }
}

TEST_CASE("group normalization does not look at the rest of the batch") {
  const torch::NoGradGuard no_grad;
  const auto model =
      plugins().make<Model>({"resnet", {{"depth", std::int64_t{8}}, {"norm", "group"}}}, &kCifar);
  model->train();
  const auto x = at::randn({4, 3, 32, 32});
  const auto together = model->forward({.input = x}).logits,
             alone = model->forward({.input = x.slice(0, 0, 1)}).logits;
  CHECK(at::allclose(together[0], alone[0], 1e-4, 1e-5));
}

TEST_CASE("depths and groups that do not fit are refused with a sentence") {
  const auto make = [](Values params) {
    plugins().make<Model>({"resnet", std::move(params)}, &kCifar);
  };
  CHECK_THROWS_WITH(make({{"depth", std::int64_t{21}}}), Catch::Contains("expected 6 n + 2"));
  CHECK_THROWS_WITH(make({{"norm", "group"}, {"groups", std::int64_t{5}}}),
                    Catch::Contains("must divide"));
  const Info row{{4}, 3, 1, {}, {}};
  CHECK_THROWS_WITH(plugins().make<Model>({"resnet", {}}, &row), Catch::Contains("needs images"));
}
