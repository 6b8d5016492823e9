// end_point, end_point_regression, cart: against scikit-learn and closed forms.
#include <nlohmann/json.hpp>

#include "tests/plugins/glc/fitted.h"
#include "tests/support/golden.h"

using namespace assay;
using namespace assay::testing;

namespace {

using Json = nlohmann::json;

Samples samples_of(const Json& from) {
  return {"train", rows_of(from.at("x").get<std::vector<std::vector<double>>>()),
          torch::tensor(from.at("y").get<std::vector<std::int64_t>>(), torch::kInt64)};
}

double furthest(const torch::Tensor& logits, const Json& golden) {
  const auto wanted = rows_of(golden.get<std::vector<std::vector<double>>>());
  return (logits.log_softmax(1) - wanted).abs().max().item<double>();
}

}  // namespace

TEST_CASE("discriminants and logistic fits are scikit-learn's") {
  for (const auto& from : golden("glc", "glc").at("lines")) {
    const auto samples = samples_of(from);
    const auto info = table_info(4, from.at("classes"));
    const FittedModel lda({"end_point", {{"cut", std::string("own")}}}, info, samples);
    CHECK(furthest(lda(samples.input).logits, from.at("lda")) < 2e-5);
    const FittedModel logistic(
        {"end_point",
         {{"weights", std::string("logistic")}, {"cut", std::string("own")}, {"c", 0.5}}},
        info, samples);
    CHECK(furthest(logistic(samples.input).logits, from.at("logistic")) < 2e-5);
  }
}

TEST_CASE("the best cut has as many right as the best of all cuts") {
  const auto samples = samples_of(golden("glc", "glc").at("lines")[0]);
  const auto info = table_info(4, 2);
  for (const std::string weights : {"ones", "lda", "logistic"}) {
    const FittedModel model({"end_point", {{"weights", weights}}}, info, samples);
    const auto weight = model.model->named_buffers()["weight"];
    const auto end = samples.input.to(torch::kDouble).matmul(weight[1] - weight[0]);
    std::int64_t best = 0;
    for (std::int64_t k = 0; k < end.size(0); ++k)
      for (const bool above : {true, false}) {
        const auto answer = above ? end > end[k] : end <= end[k];
        best =
            std::max(best, (answer.to(torch::kInt64) == samples.target).sum().item<std::int64_t>());
      }
    CHECK(model.right(samples) == best);
  }
}

TEST_CASE("where no cut has as many right as one class for all, that class answers") {
  const Samples samples{"train", at::arange(8, torch::kFloat).unsqueeze(1),
                        torch::tensor({0, 1, 0, 1, 0, 1, 0, 0}, torch::kInt64)};
  for (const bool ones : {false, true}) {
    auto other = samples;
    if (ones) other.target = 1 - samples.target;
    const FittedModel model({"end_point", {{"weights", std::string("ones")}}}, table_info(1, 2),
                            other);
    CHECK(model.right(other) == 5);
  }
}

TEST_CASE("a search ends no worse than it began, and follows its seed") {
  const auto samples = samples_of(golden("glc", "glc").at("lines")[0]);
  const auto info = table_info(4, 2);
  const FittedModel ones({"end_point", {{"weights", std::string("ones")}}}, info, samples);
  const FittedModel found({"end_point", {{"weights", std::string("search")}}}, info, samples);
  const FittedModel again({"end_point", {{"weights", std::string("search")}}}, info, samples);
  CHECK(found.right(samples) > ones.right(samples));
  CHECK(found(samples.input).logits.equal(again(samples.input).logits));
}

TEST_CASE("a tree is as large as scikit-learn's, and knows its training cases by heart") {
  for (const auto& from : golden("glc", "glc").at("lines")) {
    const auto samples = samples_of(from);
    const FittedModel tree({"cart", {}}, table_info(4, from.at("classes")), samples);
    CHECK(tree.right(samples) == samples.input.size(0));
    const auto column = tree.model->named_buffers()["column"];
    const auto leaves = (column == -1).sum().item<std::int64_t>();
    CHECK(std::abs(leaves - from.at("leaves").get<std::int64_t>()) <=
          3);  // ties are split otherwise
  }
}

TEST_CASE("regression by the end point: least squares and isotonic as scikit-learn's") {
  const auto& from = golden("glc", "glc").at("regression");
  const Samples samples{
      "train", rows_of(from.at("x").get<std::vector<std::vector<double>>>()),
      torch::tensor(from.at("y").get<std::vector<double>>()).to(torch::kFloat).unsqueeze(1)};
  const auto info = table_info(4, 0);
  for (const auto& [method, name] :
       {std::pair{"least_squares", "line"}, {"isotonic", "isotonic"}}) {
    const FittedModel model({"end_point_regression", {{"method", std::string(method)}}}, info,
                            samples);
    const auto wanted = torch::tensor(from.at(name).get<std::vector<double>>());
    INFO(method);
    CHECK((model(samples.input).logits.squeeze(1) - wanted).abs().max().item<double>() < 1e-4);
  }
}

TEST_CASE("pieces have the least squares of all ways to cut the line") {
  const auto x = torch::tensor({1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F, 7.0F, 8.0F}).unsqueeze(1);
  const auto y = torch::tensor({0.0F, 0.1F, 0.0F, 3.0F, 3.2F, 3.1F, 9.0F, 9.5F}).unsqueeze(1);
  const FittedModel model(
      {"end_point_regression", {{"method", std::string("piecewise")}, {"pieces", std::int64_t{3}}}},
      table_info(1, 0), {"train", x, y});
  const auto found = (model(x).logits - y).square().sum().item<double>();
  double best = 1e9;
  for (std::int64_t a = 1; a < 7; ++a)
    for (std::int64_t b = a + 1; b < 8; ++b) {
      double sum = 0;
      for (const auto& [from, to] : {std::pair<std::int64_t, std::int64_t>{0, a}, {a, b}, {b, 8}}) {
        const auto part = y.narrow(0, from, to - from);
        sum += (part - part.mean()).square().sum().item<double>();
      }
      best = std::min(best, sum);
    }
  CHECK(found == Approx(best));
}
