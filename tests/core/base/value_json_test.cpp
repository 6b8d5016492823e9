// Values as JSON and back: the same alternative, bit for bit.
#include <catch2/catch.hpp>

#include "assay/error.h"
#include "core/base/value_json.h"

using namespace assay;
using Json = nlohmann::ordered_json;

TEST_CASE("what is written reads back as the same alternative") {
  const Values values = {
      {"flag", true},
      {"whole", std::int64_t{-9007199254740993}},
      {"one", 1.0},
      {"third", 1.0 / 3},
      {"tiny", 5e-324},
      {"word", "a \"b\"\n\xc3\xa9"},
      {"bools", Bools{true, false}},
      {"integers", Integers{1, 2}},
      {"reals", Reals{1.0, 2.5}},
      {"words", Strings{"", "x"}},
      {"spec", Spec{"sgd", {{"lr", 0.1}}}},
      {"specs", Specs{{"a", {}}, {"b", {{"deep", Spec{"c", {{"n", std::int64_t{1}}}}}}}}}};
  CHECK(values_from_json(Json::parse(to_json(values).dump())) == values);
}

TEST_CASE("a field says which list an empty one is") {
  const FieldInfo field{"sizes", Type::kIntegers, Value{Integers{}}, {}, "Sizes.", "", false};
  CHECK(value_from_json(Json::parse("[]"), field) == Value{Integers{}});
  CHECK(value_from_json(Json::parse("[]")) == Value{Reals{}});
}

TEST_CASE("a field description survives") {
  FieldInfo field{"rho",     Type::kReal, Value{0.05}, {.low = 0, .high = 1, .open_low = true},
                  "Radius.", "",          true};
  field.needs = {{"", "problem/Split"}};
  field.gives = {{"a", "Classes"}, {"b", "Values"}};
  const auto again = field_from_json(Json::parse(to_json(field).dump()));
  CHECK(again.name == "rho");
  CHECK(again.type == Type::kReal);
  CHECK(again.default_value == field.default_value);
  CHECK(range_text(again.range) == "0 < x <= 1");
  CHECK(again.doc == "Radius.");
  CHECK(again.required);
  CHECK(again.needs == field.needs);
  CHECK(again.gives == field.gives);
}

TEST_CASE("a form that is never written is refused") {
  for (const char* text : {"null", "[1, \"a\"]", "[[1]]", "{\"lr\": 1}", "[true, 1]", "[null]"})
    CHECK_THROWS_AS(value_from_json(Json::parse(text)), Error);
}

TEST_CASE("JSON that would take too much stack, time or memory is refused before it is parsed") {
  const auto levels = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  CHECK_NOTHROW(parse_json(levels(64)));
  CHECK_THROWS_AS(parse_json(levels(65)), Error);
  CHECK_THROWS_AS(parse_json(std::string(1'000'000, '[')), Error);
  CHECK_NOTHROW(parse_json(R"(["[[\"{{:"])"));  // brackets in a text are none
  const auto keys = [](int n) {
    std::string text;
    for (int k = 0; k < n; ++k) text += (k == 0 ? "{\"" : ",\"") + std::to_string(k) + "\":0";
    return text + "}";
  };
  CHECK(parse_json(keys(4'096)).size() == 4'096);
  CHECK_THROWS_AS(parse_json(keys(4'097)), Error);
  CHECK_THROWS_AS(parse_json("\"" + std::string(1 << 20, 'x') + "\""), Error);
}
