// What a checkpoint's scalars are when they come back.
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

#include "assay/error.h"
#include "runner/worker/scalars.h"

using namespace assay;
using Json = nlohmann::ordered_json;

TEST_CASE("scalars survive a checkpoint, also those that JSON has no word for") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Values values{{"worst", -kInfinity},
                {"lost", NAN},
                {"half", 0.5},
                {"flag", true},
                {"count", std::int64_t{3}},
                {"no_flags", Bools{}},
                {"no_counts", Integers{}},
                {"no_words", Strings{}},
                {"refuse_parts", Specs{}},
                {"no_reals", Reals{}},
                {"reals", Reals{1.0, kInfinity}},
                {"part", Spec{"sgd", {{"lr", 0.1}}}}};
  auto back = scalars_from_json(Json::parse(scalars_to_json(values).dump()));
  CHECK(std::isnan(std::get<double>(back.at("lost"))));
  values.erase("lost");
  back.erase("lost");
  CHECK(back == values);
}

TEST_CASE("scalars that nobody writes are refused as damage") {
  for (const char* text :
       {R"({"x": {"real": "nought"}})", R"({"x": {"other": 1}})", R"({"x": null})"})
    CHECK_THROWS_AS(scalars_from_json(Json::parse(text)), Error);
}

TEST_CASE("a state.json is read back, and one that is damaged is refused") {
  const Values scalars{{"x", 0.5}, {"n", Integers{1, 2}}};
  CHECK(read_state(write_state(3, scalars)) == scalars);
  const std::string deep(100'000, '[');
  for (const std::string& text :
       {std::string("{"), std::string("5"), std::string("{}"), std::string(R"({"scalars": [1]})"),
        R"({"scalars": {"x": )" + deep, R"({"scalars": {"x": {"use": )" + deep})
    CHECK_THROWS_AS(read_state(text), Error);
  CHECK_THROWS_AS(write_state(3, {{"long", Integers(9 << 20)}}), Error);  // over 1 MiB of `0,`
}
