// What glc_pictures reads of a model: the documents of another plugin give its numbers to the bit.
#include "glc/glc_pictures/description.h"

#include <catch2/catch.hpp>

#include "tests/plugins/glc/fitted.h"

using namespace assay::testing;
using assay::Samples;

namespace {

const glc::Rules kNames{{"c0", "c1"}, {"a", "b"}, {}, glc::kRefused};

assay::Info info() {
  auto info = table_info(2, 2);
  info.class_names = kNames.classes;
  return info;
}

// Class b where c0 + c1 is above 1.
Samples sums() {
  const auto x = at::rand({200, 2}, assay::Rng(3).generator());
  return {"train", x, (x.sum(1) > 1).to(torch::kInt64)};
}

}  // namespace

TEST_CASE("an end point is described by its weights and its cut") {
  const auto samples = sums();
  const FittedModel fitted({"end_point", {}}, info(), samples);
  const auto found = glc::read_description(fitted.model.get(), kNames);
  CHECK(found.rules.rules.empty());
  REQUIRE(found.line);
  const auto weight = torch::tensor(found.line->weights, torch::kDouble);
  const auto above = samples.input.to(torch::kDouble).mv(weight) > found.line->cut;
  CHECK(above.to(torch::kInt64).equal(fitted(samples.input).logits.argmax(1)));
  for (const auto& [name, buffer] : fitted.model->named_buffers().pairs())
    if (name == "weight") CHECK((buffer[1] - buffer[0]).equal(weight));
}

TEST_CASE("rules and the leaves of a tree are described in the order of the dataset") {
  const auto samples = sums();
  for (const std::string name : {"area_rules", "hyperblocks", "tree_areas", "cart"}) {
    INFO(name);
    const FittedModel fitted({name, {}}, info(), samples);
    const auto found = glc::read_description(fitted.model.get(), kNames);
    CHECK_FALSE(found.line);
    REQUIRE_FALSE(found.rules.rules.empty());
    CHECK(found.rules.columns == kNames.columns);
    CHECK_THROWS_WITH(
        glc::read_description(fitted.model.get(), {{"c0", "other"}, {"a", "b"}, {}, glc::kRefused}),
        Catch::Contains("there is no column `c1`"));
  }
}

TEST_CASE("a model without documents, or none, has no rules") {
  CHECK(glc::read_description(nullptr, kNames).rules.rules.empty());
  const auto info = table_info(2, 2);
  const auto mlp = plugins().make<assay::Model>({"mlp", {}}, &info);
  const auto found = glc::read_description(mlp.get(), kNames);
  CHECK(found.rules.rules.empty());
  CHECK_FALSE(found.line);
}
