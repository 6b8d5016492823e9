// Schema: what a parameter block accepts and what it says of the rest.
#include <catch2/catch.hpp>

#include "assay/error.h"
#include "assay/schema.h"

using namespace assay;

namespace {

struct Part {
  static constexpr std::string_view kind = "part";
  static constexpr std::string_view version = "7";
  std::string name;
};

struct Params {
  bool flag = true;
  std::int64_t count = 3;
  double rate = 0.5;
  std::string word = "a";
  std::filesystem::path file;
  Integers sizes = {1, 2};
  Strings words;
  std::shared_ptr<Part> part;
  std::vector<std::shared_ptr<Part>> parts;
};

Schema<Params> schema() {
  return Schema<Params>()
      .field("flag", &Params::flag, any(), "A flag.")
      .field("count", &Params::count, at_least(1), "A count.")
      .field("rate", &Params::rate, below(0, 1), "A rate.")
      .field("word", &Params::word, one_of({"a", "b"}), "A word.")
      .field("file", &Params::file, any(), "A file.")
      .field("sizes", &Params::sizes, between(0, 9), "Sizes.")
      .field("words", &Params::words, any(), "Words.")
      .component("part", &Params::part, "plain", "A part.")
      .components("parts", &Params::parts, {}, "Parts.");
}

std::shared_ptr<void> make_part(std::string_view kind, std::string_view version, const Spec& spec) {
  CHECK(kind == "part");
  CHECK(version == "7");
  return std::make_shared<Part>(Part{spec.use});
}

Params parse(const Values& values) {
  return schema().parse(values, make_part);
}

std::string refused(const Values& values) {
  try {
    parse(values);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kParameter);
    return error.what();
  }
  return "was accepted";
}

}  // namespace

TEST_CASE("defaults are what the struct is born with") {
  const auto params = parse({});
  CHECK(params.flag);
  CHECK(params.count == 3);
  CHECK(params.sizes == Integers{1, 2});
  CHECK(params.part->name == "plain");
  CHECK(params.parts.empty());
}

TEST_CASE("each type is put into its member") {
  const auto params = parse({{"flag", false},
                             {"count", std::int64_t{7}},
                             {"rate", 0.25},
                             {"word", "b"},
                             {"file", "/x/y"},
                             {"sizes", Integers{4}},
                             {"words", Strings{"u"}},
                             {"part", Spec{"other", {}}},
                             {"parts", Specs{{"one", {}}, {"two", {}}}}});
  CHECK_FALSE(params.flag);
  CHECK(params.count == 7);
  CHECK(params.rate == 0.25);
  CHECK(params.file == "/x/y");
  CHECK(params.words == Strings{"u"});
  CHECK(params.part->name == "other");
  CHECK(params.parts.at(1)->name == "two");
  CHECK(parse({{"part", Spec{"", {}}}}).part == nullptr);
}

TEST_CASE("a refusal names field, value and what is accepted") {
  CHECK(refused({{"rate", 1.0}}) == "`rate` is 1.0, expected a real number, 0 <= x < 1");
  CHECK(refused({{"rate", std::numeric_limits<double>::quiet_NaN()}}).starts_with("`rate` is "));
  CHECK(refused({{"count", std::int64_t{0}}}) == "`count` is 0, expected an integer, x >= 1");
  CHECK(refused({{"count", 2.0}}) == "`count` is 2.0, expected an integer, x >= 1");
  CHECK(refused({{"word", "c"}}) == "`word` is \"c\", expected one of a, b");
  CHECK(refused({{"sizes", Integers{3, 10}}})
            .starts_with("`sizes` is [3,10], expected a list of integers"));
  CHECK(refused({{"flag", "yes"}}) == "`flag` is \"yes\", expected true or false");
  CHECK(refused({{"rat", 0.1}}) == "there is no parameter `rat`; did you mean `rate`?");
  CHECK(refused({{"zzzzzz", 0.1}}).find("accepted are flag, count") != std::string::npos);
}

TEST_CASE("a required field must be given") {
  auto strict = Schema<Params>().required("file", &Params::file, any(), "A file.");
  CHECK_THROWS_WITH(strict.parse({}, make_part), "`file` is missing: A file.");
  CHECK(strict.parse({{"file", "/x"}}, make_part).file == "/x");
}

TEST_CASE("nearest finds a slip of the finger and nothing far away") {
  const Strings names = {"momentum", "lr", "weight_decay"};
  CHECK(nearest("momentun", names) == "momentum");
  CHECK(nearest("wieght_decay", names) == "weight_decay");
  CHECK(nearest("rl", names) == "lr");  // letters that changed places are one slip
  CHECK(nearest("batch", names).empty());
}

TEST_CASE("ranges read as they are meant") {
  CHECK(range_text(above(0)) == "x > 0");
  CHECK(range_text(between(0, 1)) == "0 <= x <= 1");
  CHECK(range_text(any()).empty());
  CHECK(range_text(one_of({"x", "y"})) == "one of x, y");
}
