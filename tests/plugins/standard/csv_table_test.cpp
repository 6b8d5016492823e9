// csv_table: what cells become, on small tables and on UCI files, and what a bad table is told.
#include <catch2/catch.hpp>

#include <set>

#include "assay/dataset.h"
#include "tests/support/data.h"
#include "tests/support/plugin_host.h"
#include "tests/support/shell.h"

using namespace assay;
using assay::testing::Folder;
using assay::testing::plugins;

namespace {

const Context kContext;

struct Desk {
  Folder folder;
  std::shared_ptr<Dataset> read(const std::string& text, Values more = {}) {
    more["path"] = folder.write("table.csv", text).string();
    return plugins().make<Dataset>({"csv_table", std::move(more)});
  }
  std::string said(const std::string& text, Values more = {}) {
    try {
      read(text, std::move(more));
    } catch (const Error& error) {
      return error.what();
    }
    return "was accepted";
  }
};

std::size_t rows(const Dataset& data) {
  return data.ids(Split::kTrain).size() + data.ids(Split::kValidation).size() +
         data.ids(Split::kTest).size();
}

const std::string kTable = "a,b,kind\n1,2,x\n3,4,y\n5,6,x\n7,8,z\n";

}  // namespace

TEST_CASE("a header names the columns, words become classes, splits share the rows out") {
  Desk desk;
  const auto data =
      desk.read(kTable, {{"test", 0.25}, {"validation", 0.25}, {"standardise", false}});
  CHECK(data->info().classes == 3);
  CHECK(data->info().class_names == Strings{"x", "y", "z"});
  CHECK(data->info().input_shape == std::vector<std::int64_t>{2});
  CHECK(data->ids(Split::kTrain).size() == 2);
  CHECK(data->ids(Split::kValidation).size() == 1);
  CHECK(data->ids(Split::kTest).size() == 1);
  const std::int64_t ids[] = {3, 1};
  const auto batch = data->load(ids, kContext);
  CHECK(batch.input[0][0].item<double>() == 7);
  CHECK(batch.input[1][1].item<double>() == 4);
  CHECK(batch.target[0].item<int>() == 2);
}

TEST_CASE("what was read is said, with what was left out and classes that look alike") {
  Desk desk;
  CHECK(desk.read(kTable)->info().read ==
        "4 rows, 3 columns: 2 numbers, label `kind` of 3 classes");
  CHECK(
      desk.read("a,g,b,kind\n1,u,2,x\n3,v,4,X\n5,u,?,x\n7,u,8,x\n",
                {{"missing", "drop"}, {"group", "g"}, {"drop_columns", Strings{"a"}}})
          ->info()
          .read ==
      "3 rows, 4 columns: 1 number, label `kind` of 2 classes, group `g`, 1 column left out; 1 row "
      "with missing values left out; the classes `X` and `x` differ only by case or a final `.`");
  CHECK(desk.read("1,2,0.5\n3,4,0.25\n", {{"task", "regression"}, {"header", "no"}})->info().read ==
        "2 rows, 3 columns: 2 numbers, label `2`");
  CHECK_THAT(desk.read("a,kind\n1,yes\n2,no\n3,yes.\n4,no\n")->info().read,
             Catch::EndsWith("the classes `yes` and `yes.` differ only by case or a final `.`"));
}

TEST_CASE("numeric classes are sorted by value, labels and columns are chosen by name or number") {
  Desk desk;
  const auto data =
      desk.read("10 1.5 .5\n9 2.5 +1\n10 0 0\n100 1 1\n",
                {{"separator", " "}, {"label", "0"}, {"drop_columns", Strings{"-1"}}});
  CHECK(data->info().class_names == Strings{"9", "10", "100"});
  CHECK(data->info().input_shape == std::vector<std::int64_t>{1});
}

TEST_CASE("standardized features have mean 0 and deviation 1 on the training split only") {
  Desk desk;
  std::string text;
  for (int k = 0; k < 40; ++k) text += std::to_string(k * k) + ",7," + std::to_string(k % 2) + "\n";
  const auto data = desk.read(text);
  const auto train = data->load(data->ids(Split::kTrain), kContext).input;
  CHECK(train.select(1, 0).mean().item<double>() == Approx(0).margin(1e-6));
  CHECK(train.select(1, 0).std(0, false).item<double>() == Approx(1));
  CHECK(train.select(1, 1).abs().max().item<double>() ==
        0);  // a constant column becomes zero, not NaN
}

TEST_CASE("real targets and groups") {
  Desk desk;
  const auto data =
      desk.read("u,1,0.5\nv,2,1.5\nu,3,2.5\n",
                {{"task", "regression"}, {"group", "0"}, {"test", 0.0}, {"validation", 0.0}});
  CHECK(data->info().classes == 0);
  CHECK(data->info().groups == Strings{"u", "v"});
  CHECK(std::vector<std::int64_t>(data->groups(Split::kTrain).begin(),
                                  data->groups(Split::kTrain).end()) ==
        std::vector<std::int64_t>{0, 1, 0});
  const auto batch = data->load(data->ids(Split::kTrain), kContext);
  CHECK(batch.target.sizes() == at::IntArrayRef{3, 1});
  CHECK(batch.target[2][0].item<double>() == 2.5);
}

TEST_CASE("a bad table gets a sentence with line and column") {
  Desk desk;
  using Catch::Contains;
  CHECK_THAT(desk.said("a,b\n1,0\n?,1\n"),
             Contains("table.csv:3: column `a` is missing (`?`); use `missing: drop`"));
  CHECK_THAT(desk.said("1,0\n2,1\nred,1\n"),
             Contains("table.csv:3: column `0` is `red`, expected a number"));
  CHECK_THAT(desk.said("1,0\n2,1\n1e999,1\n"), Contains("expected a number"));
  CHECK_THAT(desk.said("1,0\n2\n"), Contains("table.csv:2: has 1 columns, expected 2"));
  CHECK_THAT(desk.said(""), Contains("has no rows"));
  CHECK_THAT(desk.said("a,b\n", {{"header", "yes"}}), Contains("has no rows"));
  CHECK_THAT(desk.said(kTable, {{"label", "kinds"}}),
             Contains("there is no column `kinds`; it has 3 columns"));
  CHECK_THAT(desk.said(kTable, {{"label", "kinds"}}), Contains("did you mean `kind`?"));
  CHECK_THAT(desk.said(kTable, {{"label", "7"}}), Contains("there is no column `7`"));
  CHECK_THAT(desk.said(kTable, {{"separator", ""}}), Contains("`separator` is empty"));
  CHECK_THAT(desk.said(kTable, {{"drop_columns", Strings{"a", "b"}}}),
             Contains("no feature column is left"));
  CHECK_THAT(desk.said(kTable, {{"task", "regression"}}),
             Contains("column `kind` is `x`, expected a number"));
  CHECK_THAT(desk.said(kTable, {{"test", 0.6}, {"validation", 0.4}}),
             Contains("sum of `test` and `validation` must be below 1"));
  CHECK_THAT(
      desk.said("1,0\n2,1\n1e39,1\n"),
      Contains(
          "table.csv:3: column `0` is `1e39`, expected a number in the range of a 32-bit float"));
  CHECK_THAT(desk.said("a,a,b\n1,2,0\n"), Contains("two columns are named `a`; use `names`"));
  CHECK_THAT(desk.said("k\xf6n,b\n1,0\n"), Contains("the name of column 0 is not UTF-8"));
  CHECK_THAT(desk.said("1,gr\xfcn\n2,x\n"), Contains("table.csv:1: column `1` is not UTF-8"));
  CHECK_THAT(desk.said(kTable, {{"drop_columns", Strings{"kind"}}}),
             Contains("`drop_columns` has `kind`, which is the label column"));
  CHECK_THAT(desk.said(kTable, {{"folds", std::int64_t{5}}}),
             Contains("`folds` is 5, but the table has only 4 rows"));
  CHECK_THAT(
      desk.said("a,part,b\n1,0,x\n2,1.5,y\n", {{"fold_column", std::string("part")}}),
      Contains("table.csv:3: column `part` is `1.5`, expected an integer, the index of a fold"));
  CHECK_THAT(desk.said(std::string("\x1f\x8b\x08\0\0\0\0\0\0\3", 10)),
             Contains("is truncated or damaged"));
}

TEST_CASE("the first row names the columns only if that is certain") {
  Desk desk;
  const std::string unclear = "table.csv:1: it is unclear whether this row names the columns";
  struct Case {
    std::string text;
    Strings inputs;  // names of the inputs, or none if it is unclear
  };
  const std::string rows = "1.5,2.5,a\n3,4,b\n5,6,a\n7,8,b\n2,3,a\n";
  const Case cases[] = {
      {"x,y,kind\n" + rows, {"x", "y"}},
      {"0,1,kind\n" + rows, {"0", "1"}},  // a data frame without names
      {"0,1,2\n1,2,0\n3,4,1\n5,6,0\n", {"0", "1"}},
      {rows, {"0", "1"}},                 // `a` is a class below
      {"1.5,2.5,c\n" + rows, {}},         // a class of one row, or a name
      {"x,2.5,a\n" + rows, {}},           // a typing error, or a name
      {"0,1\n1,0\n2,1\n3,0\n", {}},       // names in order, or data
      {"x,?,kind\n" + rows, {"x", "?"}},  // a missing word is no name, and no number either
      {"r1,2.5,a\nr2,4,b\nr3,6,a\nr4,8,b\n", {"0", "1"}},  // each row has a word of its own
      {"x,,kind\n1,,a\n2,,b\n3,,a\n4,,b\n", {"x", ""}}};
  for (const auto& [text, inputs] : cases) {
    INFO(text);
    if (inputs.empty()) {
      CHECK_THAT(desk.said(text), Catch::Contains(unclear));
      CHECK_THAT(desk.said(text, {{"header", "yes"}}), !Catch::Contains("unclear"));
      CHECK_THAT(desk.said(text, {{"header", "no"}}), !Catch::Contains("unclear"));
      continue;
    }
    Strings left_out;  // what is no number
    for (const auto& name : inputs)
      if (name.empty() || text.starts_with("r1")) left_out.push_back(name.empty() ? "1" : "0");
    const auto data = desk.read(text, {{"drop_columns", left_out}});
    auto expected = inputs;
    if (!left_out.empty()) expected = {left_out[0] == "1" ? inputs[0] : inputs[1]};
    CHECK(data->info().input_names == expected);
  }
}

TEST_CASE("a missing value in the first row is no name") {
  Desk desk;
  CHECK_THAT(desk.said("1.64,?,a\n0.54,-0.72,b\n1,2,a\n3,4,b\n"),
             Catch::Contains("table.csv:1: column `1` is missing (`?`)"));
}

TEST_CASE("quoted cells are read as RFC 4180 has them") {
  Desk desk;
  const Values whole{{"standardise", false}, {"test", 0.0}, {"validation", 0.0}};
  const auto data = desk.read(
      "\"body, x\",\"the \"\"y\"\"\",\"kind\"\r\n\"1\", \"2\" ,\"one\nline\"\r\n3,4,\"b\"\n",
      whole);
  CHECK(data->info().input_names == Strings{"body, x", "the \"y\""});
  CHECK(data->info().class_names == Strings{"b", "one\nline"});
  const std::int64_t ids[] = {1};
  CHECK(data->load(ids, kContext).input[0][1].item<double>() == 4);
  const auto runs = desk.read("\"1\" a\n2   \"b c\"\n3 a\n", {{"separator", " "}});
  CHECK(runs->info().class_names == Strings{"a", "b c"});
}

TEST_CASE("a quote that is not closed, or that text follows, is told with its line") {
  Desk desk;
  CHECK_THAT(desk.said("x,y\n1,\"2\n3,4\n"),
             Catch::Contains("table.csv:2: a quote `\"` opens here and is not closed"));
  CHECK_THAT(desk.said("x,y\n1,\"2\"3\n"),
             Catch::Contains("table.csv:2: text follows a closing quote, where `,`"));
}

TEST_CASE("decimal commas are read if they are announced, and guessed at never") {
  Desk desk;
  const std::string text = "x;y;kind\n1,5;-0,5;a\n2;1e1;b\n+3,25;0;a\n4;,5;b\n";
  const Values values{{"separator", ";"}};
  CHECK_THAT(desk.said(text, values), Catch::Contains("table.csv:2: column `x` is `1,5`, expected "
                                                      "a number; if the comma is a decimal mark, "
                                                      "use `decimal: \",\"`"));
  const auto data = desk.read(text, {{"separator", ";"}, {"decimal", ","}, {"standardise", false}});
  const std::int64_t ids[] = {0, 2, 3};
  const auto input = data->load(ids, kContext).input;
  CHECK(input[0][0].item<double>() == 1.5);
  CHECK(input[1][0].item<double>() == 3.25);
  CHECK(input[2][1].item<double>() == 0.5);
  CHECK_THAT(
      desk.said("x;kind\n1.000,5;a\n2;b\n3;a\n4;b\n", {{"separator", ";"}, {"decimal", ","}}),
      Catch::Contains("is `1.000,5`, expected a number"));
  CHECK_THAT(desk.said(text, {{"decimal", ","}}), Catch::Contains("are both `,`"));
}

TEST_CASE("a column without a name is left out by hand only") {
  Desk desk;
  const std::string text = ",x,kind\n0,1.5,a\n1,2.5,b\n2,3.5,a\n";
  CHECK_THAT(desk.said(text), Catch::Contains("column 0 has no name, like the index that a data "
                                              "frame writes: leave it out with `drop_columns: "
                                              "[\"0\"]`"));
  CHECK(desk.read(text, {{"drop_columns", Strings{"0"}}})->info().input_names == Strings{"x"});
}

TEST_CASE("labels that are equal numbers are one class, in the shortest spelling") {
  Desk desk;
  const auto data = desk.read("x,kind\n1,1.0\n2,2\n3,1\n4,+2.00\n5,no\n",
                              {{"test", 0.0}, {"validation", 0.0}, {"standardise", false}});
  CHECK(data->info().class_names == Strings{"no", "1", "2"});
  const std::int64_t ids[] = {0, 1, 2, 3, 4};
  CHECK(data->load(ids, kContext).target.equal(torch::tensor({1, 2, 1, 2, 0}, torch::kInt64)));
}

TEST_CASE("numbers to predict are not taken for classes") {
  Desk desk;
  std::string text;
  for (int k = 0; k < 300; ++k) text += "1," + std::to_string(k / 7.0) + "\n";
  CHECK_THAT(desk.said(text), Catch::Contains("has 300 different values in 300 rows; to predict "
                                              "real numbers use `task: regression`"));
  CHECK(desk.read(text, {{"task", "regression"}})->info().classes == 0);
}

TEST_CASE("with parts for cross-validation the share of the test split does not count") {
  Desk desk;
  std::string text;
  for (int k = 0; k < 100; ++k) text += std::to_string(k) + "," + std::to_string(k % 2) + "\n";
  const auto data = desk.read(text, {{"folds", std::int64_t{10}}, {"validation", 0.85}});
  CHECK(data->ids(Split::kTrain).size() == 5);
  CHECK(data->ids(Split::kTest).size() == 10);
}

TEST_CASE("UCI tables are read as they are") {
  if (testing::data_missing()) return;
  const auto data = testing::data_folder();
  const auto file = [&](const char* name) { return (data / name).string(); };
  const auto wbc = plugins().make<Dataset>({"csv_table",
                                            {{"path", file("wbc/breast-cancer-wisconsin.data")},
                                             {"missing", "drop"},
                                             {"drop_columns", Strings{"0"}}}});
  CHECK(rows(*wbc) == 683);  // 699 less 16 with a missing value
  CHECK(wbc->info().class_names == Strings{"2", "4"});
  CHECK(wbc->info().input_shape == std::vector<std::int64_t>{9});
  const auto iris = plugins().make<Dataset>(
      {"csv_table", {{"path", file("sklearn-small/iris.csv")}, {"skip_lines", std::int64_t{1}}}});
  CHECK(rows(*iris) == 150);
  CHECK(iris->info().classes == 3);
  const auto blocks = plugins().make<Dataset>(
      {"csv_table", {{"path", file("page-blocks/page-blocks.data")}, {"separator", " "}}});
  CHECK(rows(*blocks) == 5473);
  CHECK(blocks->info().classes == 5);
  const auto digits =
      plugins().make<Dataset>({"csv_table", {{"path", file("sklearn-small/digits.csv.gz")}}});
  CHECK(rows(*digits) == 1797);
  CHECK(digits->info().input_shape == std::vector<std::int64_t>{64});
}

namespace {

std::string imbalanced() {
  std::string text = "x,part,kind\n";
  for (int k = 0; k < 103; ++k)
    text += std::to_string(k) + "," + std::to_string(k % 4) + "," +
            (k % 10 == 0 ? "rare" : "often") + "\n";
  return text;
}

int rare(const Dataset& data, Split split) {
  const auto ids = data.ids(split);
  return static_cast<int>(
      std::count_if(ids.begin(), ids.end(), [](auto k) { return k % 10 == 0; }));
}

}  // namespace

TEST_CASE("ten folds share the rows out, and stratified ones the classes too") {
  Desk desk;
  std::set<std::int64_t> seen;
  for (std::int64_t fold = 0; fold < 10; ++fold) {
    const auto data = desk.read(
        imbalanced(),
        {{"folds", std::int64_t{10}}, {"fold", fold}, {"stratified", true}, {"validation", 0.2}});
    const auto tests = data->ids(Split::kTest);
    CHECK((tests.size() == 10 || tests.size() == 11));
    CHECK((rare(*data, Split::kTest) == 1 || rare(*data, Split::kTest) == 2));
    CHECK(data->ids(Split::kValidation).size() == 20);
    CHECK(rare(*data, Split::kValidation) == 2);
    CHECK(rows(*data) == 103);
    seen.insert(tests.begin(), tests.end());
  }
  CHECK(seen.size() == 103);
}

TEST_CASE("stratified shares keep each class's share") {
  Desk desk;
  const auto data =
      desk.read(imbalanced(), {{"stratified", true}, {"test", 0.3}, {"validation", 0.2}});
  CHECK(data->ids(Split::kTest).size() == 30);
  CHECK(rare(*data, Split::kTest) == 3);
  CHECK(rare(*data, Split::kValidation) == 2);
}

TEST_CASE("a column may say which fold a row is of") {
  Desk desk;
  const auto data = desk.read(
      imbalanced(),
      {{"fold_column", std::string("part")}, {"fold", std::int64_t{3}}, {"validation", 0.0}});
  for (const auto id : data->ids(Split::kTest)) CHECK(id % 4 == 3);
  CHECK(data->ids(Split::kTest).size() == 25);
  CHECK(data->info().input_names == Strings{"x"});
}

TEST_CASE("folds that cannot be are told what could") {
  Desk desk;
  const auto said = [&](Values values) { return desk.said(imbalanced(), std::move(values)); };
  CHECK(said({{"fold", std::int64_t{1}}}).find("`fold` needs `folds`") != std::string::npos);
  CHECK(said({{"folds", std::int64_t{1}}}).find("expected 0 for none") != std::string::npos);
  CHECK(said({{"folds", std::int64_t{3}}, {"fold", std::int64_t{3}}}).find("must be below") !=
        std::string::npos);
  CHECK(said({{"folds", std::int64_t{3}}, {"fold_column", std::string("part")}}).find("exclude") !=
        std::string::npos);
  CHECK(said({{"fold_column", std::string("part")}, {"fold", std::int64_t{7}}})
            .find("no row has the value") != std::string::npos);
  CHECK(said({{"names", Strings{"a", "b"}}}).find("has 3 columns, but `names` has 2") !=
        std::string::npos);
}

TEST_CASE("a KEEL file names its columns itself") {
  Desk desk;
  const std::string head =
      "@relation  small\n% a remark\n@attribute Height integer [1, 9]\n@Attribute Class{a,b}\n"
      "@inputs Height\n@outputs Class\n";
  const auto data = desk.read(head + "@data\n1, a\n2.5,b\r\n3,a\n4,b\n",
                              {{"test", 0.25}, {"standardise", false}});
  CHECK(data->info().input_names == Strings{"Height"});
  CHECK(data->info().class_names == Strings{"a", "b"});
  CHECK(rows(*data) == 4);
  const std::int64_t ids[] = {1};
  CHECK(data->load(ids, kContext).input[0][0].item<double>() == 2.5);
  CHECK(desk.said(head).find("ends without `@data`") != std::string::npos);
  CHECK(desk.said(head + "@data").find("has no rows") != std::string::npos);
  CHECK(desk.said(head + "1, a\n").find(":7: `1,` is not accepted in the header") !=
        std::string::npos);
  CHECK(desk.said("@relation x\n@data\n1\n").find("needs an `@attribute`") != std::string::npos);
  CHECK(desk.said(head + "@data\n1, a, 3\n").find(":8: has 3 columns, expected 2") !=
        std::string::npos);
}
