// A worker's lines, and what a plugin may write between them.
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

#include "runner/protocol/event.h"

using namespace assay;

TEST_CASE("an event reads back as the event that was written") {
  using Kind = Event::Kind;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<Event> events = {
      {.kind = Kind::kWaiting},
      {.kind = Kind::kStarted, .unit = 2, .units = 9},
      {.kind = Kind::kProgress, .unit = 3, .units = 9, .metrics = {{"a/b", 0.5}, {"c", kInfinity}}},
      {.kind = Kind::kCheckpoint, .unit = 3},
      {.kind = Kind::kNote, .message = "watch out"},
      {.kind = Kind::kEnd, .state = RunState::kDone},
      {.kind = Kind::kEnd,
       .state = RunState::kFailed,
       .error_kind = "data",
       .error_path = "dataset.path",
       .message = "no rows"}};
  for (const auto& event : events) {
    const auto line = write_event(event);
    INFO(line);
    const auto again = read_event(line);
    REQUIRE(again);
    CHECK(write_event(*again) == line);
    CHECK(again->kind == event.kind);
    CHECK(again->unit == event.unit);
    CHECK(again->units == event.units);
    CHECK(again->metrics == event.metrics);
    if (event.kind == Kind::kEnd) CHECK(again->state == event.state);
    CHECK(again->error_kind == event.error_kind);
    CHECK(again->error_path == event.error_path);
    CHECK(again->message == event.message);
  }
  const auto lost = read_event(write_event({.kind = Kind::kProgress, .metrics = {{"loss", NAN}}}));
  CHECK(std::isnan(lost->metrics.at("loss")));
  CHECK(read_event(R"({"event":"note","message":"a\u0007b"})")->message == "a?b");
}

TEST_CASE("what a terminal would obey is not passed on") {
  const auto end = read_event(
      "{\"event\":\"end\",\"state\":\"failed\",\"error\":{\"kind\":\"data\",\"path\":\"\","
      "\"message\":"
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
        std::string(R"({"event":"end","state":"ended","error":null})"),
        std::string(R"({"event":"finished"})"),
        std::string(R"({"event":"end","state":"x","error":{"kind":1}})"), deep,
        deep + std::string(200'000, ']') + "}"})
    CHECK(!read_event(line));
}
