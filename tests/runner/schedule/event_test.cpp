// A worker's lines, and what a plugin may write between them.
#include <catch2/catch.hpp>

#include <cmath>

#include "runner/schedule/event.h"

using namespace assay;

TEST_CASE("the events of a worker are read") {
  CHECK(read_event(R"({"event":"started","unit":2,"units":9})")->unit == 2);
  const auto progress =
      read_event(R"({"event":"progress","unit":3,"units":9,"metrics":{"a/b":0.5,"c":null}})");
  CHECK(progress->units == 9);
  CHECK(progress->metrics.at("a/b") == 0.5);
  CHECK(std::isnan(progress->metrics.at("c")));
  CHECK(read_event(R"({"event":"checkpoint","unit":3})")->name == "checkpoint");
  CHECK(read_event(R"({"event":"note","message":"a\u0007b"})")->message == "a?b");
  const auto end =
      read_event(R"({"event":"end","state":"failed","error":{"kind":"data","message":"no rows"}})");
  CHECK(end->state == "failed");
  CHECK(end->error_kind == "data");
  CHECK(end->message == "no rows");
  CHECK(read_event(R"({"event":"end","state":"done","error":null})")->error_kind.empty());
}

TEST_CASE("what a terminal would obey is not passed on") {
  const auto end = read_event(
      "{\"event\":\"end\",\"state\":\"failed\",\"error\":{\"kind\":\"data\",\"message\":"
      "\"a\\u001b]0;b\\u0007\\n\\tc\\u009b2J\\u007f \\u00e9\"}}");
  REQUIRE(end);
  CHECK(end->message == "a?]0;b?\n\tc?2J? \u00e9");
}

TEST_CASE("a line that is no event is passed over whole") {
  const std::string deep = R"({"event":"end","state":"x","error":)" + std::string(200'000, '[');
  for (const std::string& line :
       {std::string(), std::string("hello"), std::string("{}"), std::string("[1]"),
        std::string("{\"event\":\"\xff\"}"), std::string(R"({"event":"started","unit":1})"),
        std::string(R"({"event":"started","unit":-1,"units":1})"),
        std::string(R"({"event":"progress","unit":1e300,"units":1})"),
        std::string(R"({"event":"progress","unit":18446744073709551615,"units":1})"),
        std::string(R"({"event":"progress","unit":1,"units":1,"metrics":[1]})"),
        std::string(R"({"event":"end","state":5})"),
        std::string(R"({"event":"end","state":"x","error":{"kind":1}})"), deep,
        deep + std::string(200'000, ']') + "}"})
    CHECK(!read_event(line));
}
