// Rules as words, as a file, as a function.
#include <catch2/catch.hpp>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <random>

#include <nlohmann/json.hpp>

#include "assay/error.h"
#include "glc/shared/rules/rules_cpp.h"
#include "glc/shared/rules/rules_json.h"
#include "glc/shared/rules/words.h"
#include "tests/support/shell.h"

using namespace glc;

namespace {

Rules two_rules() {
  Rules rules{{"a", "b"}, {"no", "yes"}, {}, kRefused};
  rules.rules.push_back({1, {{std::nextafter(2.5, kInfinity), kInfinity}, {}}});
  rules.rules.push_back({0, {{1, 1}, {-3, 0.1F}}});
  return rules;
}

std::string said(const std::string& text) {
  try {
    from_json(text, "rules.json");
  } catch (const assay::Error& error) {
    return error.what();
  }
  return "was accepted";
}

std::string with(const std::string& rule) {
  return R"({"schema": "assay.rules/1", "columns": ["a", "bee"], "classes": ["x", "y"],
             "otherwise": null, "rules": [)" +
         rule + "]}";
}

Rules random_rules(std::mt19937& draw) {
  std::normal_distribution<double> any(0, 100);
  Rules rules{{"a", "b", "c"}, {"x", "y"}, {}, static_cast<std::int64_t>(draw() % 3) - 1};
  for (unsigned r = draw() % 8; r > 0; --r) {
    Rule rule{static_cast<std::int64_t>(draw() % 2), Box(3)};
    for (auto& side : rule.box) {
      const double from = static_cast<float>(any(draw)), to = from + std::abs(any(draw));
      if (draw() % 2 != 0) side.lower = draw() % 2 != 0 ? from : std::nextafter(from, kInfinity);
      if (draw() % 2 != 0) side.upper = draw() % 2 != 0 ? to : std::nextafter(to, -kInfinity);
    }
    rules.rules.push_back(rule);
  }
  return rules;
}

}  // namespace

TEST_CASE("a rule reads as a person would write it") {
  const auto rules = two_rules();
  CHECK(condition(rules.rules[0].box, rules.columns) == "a > 2.5");
  CHECK(condition(rules.rules[1].box, rules.columns) == "a = 1 and -3 <= b <= 0.1");
  CHECK(condition(Box(2), rules.columns) == "always");
  CHECK(literals(rules.rules[1].box) == 4);
}

TEST_CASE("words give precision and coverage of each split, and what is refused") {
  const Figures train{"train", {3, 4, 0}, {3, 5, 2}}, test{"test", {0, 1, 0}, {0, 1, 0}};
  const std::vector<Figures> both{train, test};
  const auto text = in_words(two_rules(), both);
  CHECK(
      text.find("  1. yes if a > 2.5\n     train: 3 of 3 right (precision 1.0000, coverage 0.3000)"
                "\n     test: no case\n") != std::string::npos);
  CHECK(text.find("Otherwise no answer") != std::string::npos);
  CHECK(text.find("train: 10 cases, 8 answered (coverage 0.8000), 7 of them right (precision "
                  "0.8750)") != std::string::npos);
}

TEST_CASE("rules come back from their file to the last bit") {
  std::mt19937 draw(12);
  for (int round = 0; round < 200; ++round) {
    const auto rules = random_rules(draw);
    const auto back = from_json(to_json(rules), "rules.json");
    CHECK(back.columns == rules.columns);
    CHECK(back.otherwise == rules.otherwise);
    REQUIRE(back.rules.size() == rules.rules.size());
    for (std::size_t k = 0; k < back.rules.size(); ++k) {
      CHECK(back.rules[k].answer == rules.rules[k].answer);
      CHECK((back.rules[k].box == rules.rules[k].box));
    }
  }
}

TEST_CASE("a wrong rule file is told what is wrong, and where") {
  CHECK(said("{") == "rules.json: is not JSON");
  CHECK(said(std::string(100, '[')) == "rules.json: is nested too deeply for a rule file");
  CHECK(said("[]") == "rules.json: the file is not an object");
  CHECK(said(R"({"schema": "other"})") ==
        "rules.json: is not a rule file: `schema` must be \"assay.rules/1\"");
  CHECK(said(with(R"({"class": "z", "where": []})")).find("rule 1: there is no class `z`") !=
        std::string::npos);
  CHECK(said(with(R"({"class": "x", "where": [{"column": "be", "to": 1}]})")) ==
        "rules.json: rule 1: there is no column `be`; did you mean `bee`?");
  CHECK(said(with(R"({"class": "x", "where": [{"column": "a"}]})")) ==
        "rules.json: rule 1: a column has no bound");
  CHECK(said(with(R"({"class": "x", "where": [{"column": "a", "from": 2, "to": 1}]})")) ==
        "rules.json: rule 1: a column's lower bound is above its upper one");
  CHECK(said(with(R"({"class": "x", "where": [{"column": "a", "under": 1}]})")).find("`under`") !=
        std::string::npos);
  CHECK(
      said(with(R"({"class": "x", "where": [{"column": "a", "to": "1"}]})")).find("not a number") !=
      std::string::npos);
  CHECK(
      said(with(R"({"class": "x", "where": [{"column": "a", "to": 1}, {"column": "a", "to": 2}]})"))
          .find("has `a` twice") != std::string::npos);
}

// The page is given the same files, by page_test.py.
TEST_CASE("files that the page refuses are refused here too") {
  std::ifstream in(std::string(std::getenv("ASSAY_SOURCE")) +
                   "/tests/plugins/glc/bad_rule_files.json");
  const auto files = nlohmann::json::parse(in);
  REQUIRE(files.size() > 20);
  for (const auto& file : files) {
    INFO(file[0]);
    CHECK_THROWS_AS(fitted_to(from_json(file[1].dump(), "r"), {"a", "b"}, {"x", "y"}, "r"),
                    assay::Error);
  }
}

TEST_CASE("a rule file is put into the data's order, and is refused for other columns") {
  const auto put = fitted_to(two_rules(), {"b", "a"}, {"yes", "no"}, "r.json");
  CHECK(put.rules[0].answer == 0);
  CHECK(put.rules[0].box[0].free());
  CHECK(put.rules[0].box[1].lower > 2.5);
  CHECK_THROWS_WITH(fitted_to(two_rules(), {"a", "bat"}, {"yes", "no"}, "r.json"),
                    Catch::Contains("r.json: the data: there is no column `b`"));
  CHECK_THROWS_WITH(fitted_to(two_rules(), {"a"}, {"yes", "no"}, "r.json"),
                    Catch::Contains("is for 2 columns, but the data has 1"));
}

TEST_CASE("the function answers as the rules do, where rows lie on their borders too") {
  std::mt19937 draw(13);
  assay::testing::Folder folder;
  for (int round = 0; round < 3; ++round) {
    const auto rules = random_rules(draw);
    std::string rows, answers;
    for (int k = 0; k < 300; ++k) {
      float x[3];
      for (std::size_t i = 0; i < 3; ++i) {
        const auto& from =
            rules.rules.empty() ? Box(3) : rules.rules[draw() % rules.rules.size()].box;
        const auto side = draw() % 2 != 0 ? from[i].lower : from[i].upper;
        x[i] = std::isinf(side) ? static_cast<float>(draw() % 200) - 100 : static_cast<float>(side);
        if (draw() % 3 == 0) x[i] = std::nextafter(x[i], draw() % 2 != 0 ? 1e9F : -1e9F);
        rows += std::to_string(std::bit_cast<std::uint32_t>(x[i])) + "u,";
      }
      std::int64_t answer = rules.otherwise;
      for (auto it = rules.rules.rbegin(); it != rules.rules.rend(); ++it)
        if (it->box[0].holds(x[0]) && it->box[1].holds(x[1]) && it->box[2].holds(x[2]))
          answer = it->answer;
      answers += std::to_string(answer) + ",";
    }
    folder.write("rules.h", to_cpp(rules));
    folder.write("main.cpp",
                 "#include <cstring>\n#include \"rules.h\"\nint main() {\n"
                 "  const unsigned bits[] = {" +
                     rows + "};\n  const int answers[] = {" + answers +
                     "};\n  for (int k = 0; k < 300; ++k) {\n    float x[3];\n"
                     "    std::memcpy(x, bits + 3 * k, sizeof x);\n"
                     "    if (classify(x) != answers[k]) return 1;\n  }\n}\n");
    const auto at = folder.path().string();
    const auto ran = assay::testing::shell("c++ -Wall -Werror " + at + "/main.cpp -o " + at +
                                           "/main && " + at + "/main");
    INFO(ran.err);
    CHECK(ran.code == 0);
  }
}
