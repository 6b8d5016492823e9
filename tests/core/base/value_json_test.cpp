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
