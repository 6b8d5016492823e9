// Transforms against torchvision and NumPy, on the same draws: tests/python/golden_augmentation.py.
#include "assay/transform.h"

#include "tests/support/golden.h"
#include "tests/support/plugin_host.h"

using namespace assay;
using namespace assay::testing;

namespace {

torch::Tensor tensor_of(const nlohmann::json& numbers, torch::Dtype type) {
  return torch::tensor(numbers.get<std::vector<double>>(), torch::kDouble).to(type);
}

}  // namespace

TEST_CASE("transforms of images are those of torchvision and NumPy") {
  for (const auto& one : golden("augmentation", "augmentation").at("cases")) {
    const auto use = one.at("use").get<std::string>();
    INFO(use << " " << one.at("params").dump() << " " << one.at("size").dump());
    Info info;
    info.input_shape = one.at("size").get<std::vector<std::int64_t>>();
    info.classes = 2;
    const auto channels = static_cast<std::size_t>(info.input_shape[0]);
    info.pixel_mean = std::vector<double>(channels, 0.4);
    info.pixel_deviation = std::vector<double>(channels, 0.2);
    auto shape = info.input_shape;
    shape.insert(shape.begin(), -1);
    const auto images = tensor_of(one.at("images"), torch::kFloat).view(shape);
    const auto count = images.size(0);
    const auto draws = tensor_of(one.at("draws"), torch::kDouble).view({count, -1});
    const auto transform = plugins().make<Transform>({use, values_of(one.at("params"))}, &info);
    REQUIRE(draws.size(1) == transform->count());
    const Batch batch{.input = (images - 0.4) / 0.2};
    const auto result = transform->apply(batch, draws).input;
    if (one.at("params").at("probability") < 1) {  // which the last image's first draw is not below
      CHECK(result[count - 1].equal(batch.input[count - 1]));
      CHECK_FALSE(result[0].equal(batch.input[0]));
    }
    const auto changed = result * 0.2 + 0.4;
    const auto golden = tensor_of(one.at("changed"), torch::kFloat).view(shape);
    // torchvision weighs red by 0.2989 where ITU-R BT.601 has 0.299; rounding is that of float32.
    const bool by_luminance = use == "color_jitter" || use == "grayscale";
    CHECK((changed - golden).abs().max().item<double>() < (by_luminance ? 3e-4 : 5e-6));
  }
}
