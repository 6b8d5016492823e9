// What components need of one another: what is refused, and what is not.
#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/runner/manifest/desk.h"

using namespace assay;
using namespace assay::testing;
using Catch::Contains;

namespace {

ComponentInfo component(std::string kind, std::string name, std::vector<FieldInfo> fields,
                        Strings needs = {}, Strings hides = {}, Strings abilities = {}) {
  ComponentInfo info{std::move(kind), std::move(name), "Doc.", "/p/x.so", "b", std::move(fields)};
  info.needs = std::move(needs);
  info.hides = std::move(hides);
  info.abilities = std::move(abilities);
  return info;
}

FieldInfo part(const char* name, const char* kind, const char* use) {
  return {name, Type::kComponent, Value{Spec{use, {}}}, {}, "A part.", kind, false};
}

FieldInfo word(const char* name, const char* value, std::map<std::string, std::string> needs,
               std::map<std::string, std::string> gives = {}) {
  FieldInfo field{name, Type::kString, Value{std::string(value)}, any(), "A word.", "", false};
  field.needs = std::move(needs);
  field.gives = std::move(gives);
  return field;
}

void add_components_with_needs(Desk& desk) {
  for (auto& one :
       {component("objective", "pairs", {}, {}, {"Split", "Groups"}),
        component("objective", "around", {part("inner", "objective", "ce")}),
        component("optimizer", "splitter", {}, {"problem/Split"}),
        component("optimizer", "rule",
                  {word("over", "terms", {{"groups", "problem/Groups"}}),
                   part("base", "optimizer", "sgd")},
                  {"problem/Parts"}, {"Parts", "Split"}),
        component("optimizer", "grouper", {}, {"problem/Groups"}),
        component("optimizer", "labelled", {word("note", "", {{"", "problem/Split"}})}),
        component("optimizer", "helped", {}, {"helper"}),
        component("model", "classifier", {}, {"dataset/Classes"}),
        component("dataset", "table",
                  {word("task", "classes", {}, {{"classes", "Classes"}, {"values", "Values"}})}, {},
                  {}, {"Classes", "Values"}),
        component("dataset", "noisy", {part("inner", "dataset", "")})})
    desk.catalog.components.push_back(one);
}

std::string complaints(const std::string& dataset, const std::string& model,
                       const std::string& objective, const std::string& optimizer) {
  Desk desk;
  add_components_with_needs(desk);
  try {
    desk.read("assay: 1\nname: t\ndataset: " + dataset + "\nmodel: " + model +
              "\nobjective: " + objective + "\noptimizer: " + optimizer + "\nprocedure: train\n");
  } catch (const ManifestErrors& errors) {
    std::string all;
    for (const auto& one : errors.all()) all += one.message + "\n";
    return all;
  }
  return "";
}

}  // namespace

TEST_CASE("what an objective does not allow is refused, however deep it is nested") {
  for (const std::string objective : {"pairs", "{use: around, inner: pairs}",
                                      "{use: around, inner: {use: around, inner: pairs}}"}) {
    INFO(objective);
    CHECK(complaints("toy", "mlp", objective, "splitter") ==
          "optimizer `splitter` needs to split the batch, which objective `pairs` does not allow: "
          "use another optimizer\n");
    CHECK(complaints("toy", "mlp", objective, "{use: rule, over: groups}") ==
          "optimizer `rule` with `over: groups` needs the separate groups of the loss, which "
          "objective `pairs` does not allow: use another value, or another objective\n");
    CHECK(complaints("toy", "mlp", objective, "{use: rule, over: terms}").empty());
    CHECK(complaints("toy", "mlp", objective, "sgd").empty());
  }
  CHECK(complaints("toy", "mlp", "{use: around, inner: ce}", "splitter").empty());
}

TEST_CASE("an optimizer that hides terms and groups hides the groups alone") {
  CHECK_THAT(complaints("toy", "mlp", "ce", "{use: rule, base: grouper}"),
             Contains("optimizer `grouper` needs the separate groups of the loss, which `rule` "
                      "around it does not pass on"));
  const auto twice = complaints("toy", "mlp", "ce", "{use: rule, base: {use: rule, over: groups}}");
  CHECK(std::count(twice.begin(), twice.end(), '\n') == 1);
}

TEST_CASE("a need of any value but the default leaves the default alone") {
  CHECK(complaints("toy", "mlp", "pairs", "labelled").empty());
  CHECK_THAT(complaints("toy", "mlp", "pairs", "{use: labelled, note: x}"),
             Contains("`labelled` with `note: x` needs to split the batch"));
}

TEST_CASE("a kind that a component needs must be in the manifest") {
  CHECK(complaints("toy", "mlp", "ce", "helped") ==
        "optimizer `helped` needs `helper:`; add it to the manifest\n");
}

TEST_CASE("a value decides which targets a dataset has, also within another one") {
  CHECK(complaints("table", "classifier", "ce", "sgd").empty());
  CHECK(complaints("{use: noisy, inner: table}", "classifier", "ce", "sgd").empty());
  const std::string sentence =
      "model `classifier` needs a dataset with the ability Classes, and `table` with `task: "
      "values` lacks it; `task: classes` gives it\n";
  CHECK(complaints("{use: table, task: values}", "classifier", "ce", "sgd") == sentence);
  CHECK(complaints("{use: noisy, inner: {use: table, task: values}}", "classifier", "ce", "sgd") ==
        sentence);
}
