// What a checkpoint's scalars are when they come back.
#include <catch2/catch.hpp>

#include "assay/error.h"
#include "runner/worker/scalars.h"

using namespace assay;

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
