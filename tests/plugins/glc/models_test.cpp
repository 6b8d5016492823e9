// Models that are rules: what they answer, refuse, say, and are told about bad data.
#include "tests/plugins/glc/fitted.h"
#include "tests/support/shell.h"

using namespace assay;
using namespace assay::testing;

namespace {

// Two classes that the second column parts, the third column says nothing, ids in the first.
Samples parted() {
  std::vector<std::vector<double>> rows;
  std::vector<std::int64_t> target;
  for (int k = 0; k < 60; ++k) {
    rows.push_back({static_cast<double>(k), static_cast<double>(k % 10), 1});
    target.push_back(k % 10 >= 6 ? 1 : 0);
  }
  return {"train", rows_of(rows), torch::tensor(target, torch::kInt64)};
}

std::string said(const Spec& spec, const Info& info, const Samples& samples) {
  try {
    FittedModel{spec, info, samples};
  } catch (const Error& error) {
    return error.what();
  }
  return "was accepted";
}

const Strings kRuleModels{"area_rules", "hyperblocks", "tree_areas"};

}  // namespace

TEST_CASE("rules find the one column that matters") {
  const auto samples = parted();
  for (const auto& name : kRuleModels) {
    const FittedModel model({name, {}}, table_info(3, 2), samples);
    INFO(name);
    CHECK(model.right(samples) == 60);
    const auto text = model.documents(samples).at("rules.txt");
    INFO(text);
    CHECK(text.find("c2") == std::string::npos);
    CHECK(text.find("60 of them right (precision 1.0000)") != std::string::npos);
  }
}

TEST_CASE("answered and refused samples are all samples, and logits say the rule's class") {
  const auto samples = parted();
  const FittedModel model({"area_rules", {{"areas", std::string("single")}}}, table_info(3, 2),
                          samples);
  auto input = samples.input.clone();
  input[3][1] = -5;   // beyond what was seen: a free side holds
  input[4][1] = 5.5;  // between what was seen of the two classes
  const auto output = model(input);
  CHECK(output.logits.argmax(1)[3].item<int>() == 0);
  CHECK_FALSE(output.abstained[3].item<bool>());
  CHECK(output.abstained.sum().item<int>() == 1);
  CHECK(output.abstained[4].item<bool>());
  CHECK(output.logits.exp().sum(1).sub(1).abs().max().item<double>() < 1e-6);
}

TEST_CASE("saved rules answer as the model that wrote them") {
  const auto samples = parted();
  const Folder folder;
  for (const auto& name : kRuleModels) {
    const FittedModel model({name, {}}, table_info(3, 2), samples);
    const auto file = folder.write("rules.json", model.documents(samples).at("rules.json"));
    const FittedModel saved({"saved_rules", {{"path", file.string()}}}, table_info(3, 2), samples);
    CHECK(saved(samples.input).logits.equal(model(samples.input).logits));
    CHECK(saved(samples.input).abstained.equal(model(samples.input).abstained));
  }
}

TEST_CASE("a model is told what is wrong with its data") {
  auto samples = parted();
  const auto info = table_info(3, 2);
  for (const std::string name : {"area_rules", "hyperblocks", "tree_areas", "cart", "end_point"}) {
    INFO(name);
    auto broken = samples;
    broken.input = samples.input.clone();
    broken.input[7][1] = NAN;
    CHECK(said({name, {}}, info, broken).find("not finite") != std::string::npos);
    broken = {"train", samples.input, at::zeros_like(samples.target)};
    CHECK(said({name, {}}, info, broken).find("has only one class") != std::string::npos);
    Info images;
    images.input_shape = {1, 8, 8};
    images.classes = 2;
    CHECK(said({name, {}}, images, samples).find("needs samples of shape") != std::string::npos);
  }
  CHECK(said({"end_point", {{"weights", std::string("ones")}}}, table_info(3, 3), samples)
            .find("use lda or logistic") != std::string::npos);
  CHECK(said({"area_rules", {}}, table_info(1, 2), samples).find("use `areas: single`") !=
        std::string::npos);
}

TEST_CASE("constant columns, contradicting rows and more columns than rows are borne") {
  const auto wide = at::arange(40, torch::kFloat).view({4, 10});
  const Samples few{"train", wide, torch::tensor({0, 1, 0, 1}, torch::kInt64)};
  const Samples same{"train", at::ones({8, 3}),
                     torch::tensor({0, 1, 0, 1, 0, 1, 0, 0}, torch::kInt64)};
  for (const std::string name : {"area_rules", "hyperblocks", "tree_areas", "cart", "end_point"}) {
    INFO(name);
    const FittedModel narrow({name, {}}, table_info(10, 2), few);
    CHECK(narrow(wide).logits.isfinite().all().item<bool>());
    const FittedModel constant({name, {}}, table_info(3, 2), same);
    CHECK(constant(same.input).logits.isfinite().all().item<bool>());
    const auto refused = constant(same.input).abstained;  // no pure area holds what is all alike
    const bool all = refused.defined() && refused.all().item<bool>();
    CHECK(constant.right(same) == (all ? 0 : 5));
    CHECK(all == (name == "area_rules" || name == "hyperblocks"));
  }
}

TEST_CASE("otherwise the largest class that is left answers, where that is asked for") {
  auto samples = parted();
  const FittedModel model(
      {"area_rules", {{"least", std::int64_t{30}}, {"otherwise", std::string("majority")}}},
      table_info(3, 2), samples);
  const auto output = model(samples.input);
  CHECK(output.abstained.sum().item<int>() == 0);
  CHECK(model.right(samples) == 60);
  CHECK(model.documents(samples).at("rules.txt").find("Otherwise class 1") != std::string::npos);
}
