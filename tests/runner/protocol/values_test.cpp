// Values between programs: what is read is what was written.
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

#include "assay/error.h"
#include "runner/protocol/job.h"
#include "runner/protocol/probe_answer.h"
#include "runner/protocol/values.h"

using namespace assay;
using Json = nlohmann::ordered_json;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

const Values kValues = {{"worst", -kInfinity},
                        {"half", 0.5},
                        {"one", 1.0},
                        {"flag", true},
                        {"count", std::int64_t{3}},
                        {"word", "a \"b\"\n\xc3\xa9"},
                        {"no_flags", Bools{}},
                        {"no_counts", Integers{}},
                        {"no_words", Strings{}},
                        {"no_parts", Specs{}},
                        {"no_reals", Reals{}},
                        {"reals", Reals{1.0, kInfinity}},
                        {"part", Spec{"sgd", {{"lr", 0.1}, {"sizes", Integers{}}}}},
                        {"parts", Specs{{"a", {{"words", Strings{}}}}, {"b", {}}}}};

}  // namespace

TEST_CASE("values keep their types, also those that JSON has no word for") {
  CHECK(exact_values(Json::parse(exact_json(kValues).dump())) == kValues);
  const auto lost = exact_json(Values{{"lost", NAN}});
  CHECK(std::isnan(std::get<double>(exact_values(Json::parse(lost.dump())).at("lost"))));
}

TEST_CASE("values that nobody writes are refused as damage") {
  for (const char* text :
       {R"({"x": {"real": "nought"}})", R"({"x": {"other": 1}})", R"({"x": null})",
        R"({"x": [{"lr": 1}]})", R"({"x": {"use": 3}})", R"([1])", R"({"x": [{}, 1]})"})
    CHECK_THROWS_AS(exact_values(Json::parse(text)), Error);
}

TEST_CASE("a job reads back as the job that was written") {
  Job job;
  job.dir = "/runs/a/0123";
  job.name = "a";
  job.stage = "fit";
  job.id = "0123";
  job.seed = -9007199254740993;
  job.device = "cpu";
  job.threads = 3;
  job.adapt_threads = true;
  job.deterministic = false;
  job.components = {{"model", {"mlp", kValues}}};
  job.plugins = {{"/p/mlp.so", "b1"}};
  job.core = {{"libassay_core.so", "c1"}};
  job.after = {{"before", "/runs/a/4567"}};
  job.weights = {"", "/w/resnet.safetensors", "torchvision", {{"a.*", "*"}}, {"head.*"}};
  job.hidden = {{"/p/mlp.so", {"model/other"}}};
  job.checkpoint_every = 0.25;
  job.memory = std::int64_t{1} << 40;
  const auto again = read_job(write_job(job));
  CHECK(write_job(again) == write_job(job));
  CHECK(again.components == job.components);
  CHECK(again.seed == job.seed);
  CHECK(again.plugins == job.plugins);
  CHECK(again.core == job.core);
  CHECK(again.after == job.after);
  CHECK(again.weights.take == job.weights.take);
  CHECK(again.weights.kept == job.weights.kept);
  CHECK(again.hidden == job.hidden);
  CHECK(again.memory == job.memory);
  CHECK_THROWS_WITH(read_job("{}"), Catch::Contains("does not come from this version of `assay`"));
}

TEST_CASE("a field description reads back as it was") {
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

TEST_CASE("the answer of a probe reads back as it was") {
  ProbeAnswer answer{.file = "/p/a.so", .build = "b1"};
  answer.components.push_back({"model", "a", "A model.", "", "", {}});
  answer.components[0].fields.push_back(
      {"sizes", Type::kIntegers, Value{Integers{}}, {}, "Sizes.", "", false});
  answer.components[0].needs = {"dataset/Images"};
  const auto again = probe_answer_from_json(Json::parse(to_json(answer).dump()));
  REQUIRE(again.components.size() == 1);
  const auto& component = again.components[0];
  CHECK(component.plugin == "/p/a.so");
  CHECK(component.build == "b1");
  CHECK(component.needs == Strings{"dataset/Images"});
  CHECK(component.fields.at(0).default_value == Value{Integers{}});
  const ProbeAnswer refusal{.file = "/p/b.so", .refused = "/p/b.so: crashed", .crashed = true};
  const auto refused = probe_answer_from_json(to_json(refusal));
  CHECK(refused.refused == refusal.refused);
  CHECK(refused.crashed);
  CHECK_FALSE(refused.hung);
}
