// A table of numbers with a label column, split by a seed of its own.
#include <algorithm>
#include <cmath>
#include <set>

#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "assay/registry.h"
#include "standard/shared/splits.h"
#include "words.h"

namespace {

using assay::Error;
using assay::ErrorKind;
using assay::Split;

class CsvTable final : public assay::Dataset {
 public:
  struct Params {
    std::filesystem::path path;
    std::string label = "-1";
    std::string group;
    assay::Strings drop_columns;
    std::string task = "classification";
    std::string separator = ",";
    std::string decimal = ".";
    std::string header = "auto";
    std::int64_t skip_lines = 0;
    assay::Strings names;
    std::string missing = "error";
    assay::Strings missing_words = {"?", "", "NA", "NaN", "<null>"};
    double test = 0.2;
    double validation = 0.1;
    std::int64_t split_seed = 0;
    bool stratified = false;
    std::int64_t folds = 0;
    std::int64_t fold = 0;
    std::string fold_column;
    bool standardise = true;
  };

  static assay::Schema<Params> schema() {
    using namespace assay;
    using P = Params;
    return Schema<P>()
        .required("path", &P::path, any(),
                  "Text file with one sample per row; it may be compressed (.gz).")
        .field("label", &P::label, any(),
               "Label column: its name, or its index from 0; negative indices count from the end.")
        .field("group", &P::group, any(),
               "Column that holds the group of each sample; empty: no groups.")
        .field("drop_columns", &P::drop_columns, any(), "Columns to leave out, by name or index.")
        .field("task", &P::task, one_of({"classification", "regression"}),
               "Whether the label is a class or a real number.")
        .gives({{"classification", "Classes"}, {"regression", "Values"}})
        .field("separator", &P::separator, any(),
               "Separator between cells; a space stands for any run of spaces.")
        .field("decimal", &P::decimal, one_of({".", ","}), "Decimal mark of the numbers.")
        .field("header", &P::header, one_of({"auto", "yes", "no"}),
               "Whether the first row holds the column names; auto: if that is certain, else the "
               "table is refused.")
        .field("skip_lines", &P::skip_lines, at_least(0),
               "Number of lines to skip at the beginning of the file.")
        .field("names", &P::names, any(),
               "Names of all columns, replacing those in the file; empty: use those in the file.")
        .field("missing", &P::missing, one_of({"error", "drop"}),
               "Whether a row with a missing value is an error or is dropped.")
        .field("missing_words", &P::missing_words, any(), "Cell texts that mark a missing value.")
        .field("test", &P::test, below(0, 1), "Fraction of the rows in the test split.")
        .field("validation", &P::validation, below(0, 1),
               "Fraction of the rows in the validation split.")
        .field("split_seed", &P::split_seed, at_least(0),
               "Seed of the random split; independent of the seed of the trial.")
        .field("stratified", &P::stratified, any(),
               "Keeps the class proportions equal in all splits, up to rounding to whole rows.")
        .field("folds", &P::folds, at_least(0),
               "Number of cross-validation folds; fold `fold` is the test split and `test` is "
               "ignored; 0: no cross-validation.")
        .field("fold", &P::fold, at_least(0), "Index from 0 of the fold that is the test split.")
        .field("fold_column", &P::fold_column, any(),
               "Column that holds the fold of each row, instead of a random split; empty: none.")
        .field("standardise", &P::standardise, any(),
               "Standardizes features to mean 0 and standard deviation 1 on the training split.");
  }

  explicit CsvTable(const Params& p) : p_(p) {
    const bool has_folds = p.folds > 0 || !p.fold_column.empty();  // `test` is not used then
    if (!has_folds && p.test + p.validation >= 1)
      throw Error(ErrorKind::kParameter, "the sum of `test` and `validation` must be below 1");
    if (p.separator.empty())
      throw Error(ErrorKind::kParameter, "`separator` is empty, expected the text between cells");
    if (p.separator == p.decimal)
      throw Error(ErrorKind::kParameter, "`separator` and `decimal` are both `" + p.decimal +
                                             "`: numbers and cells could not be told apart");
    check_folds();
    auto table = read_table(
        p.path, {p.separator, p.header, p.skip_lines, p.names, p.missing_words, p.decimal[0]});
    choose_columns(table);
    const auto rows = table.rows.size();
    drop_missing(table);
    read_features(table);
    read_labels(table);
    read_groups(table);
    describe(table, rows - table.rows.size());
    split(table);
    if (p.standardise) standardize();
  }

  const assay::Info& info() const override { return info_; }
  std::span<const std::int64_t> ids(Split s) const override {
    return ids_[static_cast<std::size_t>(s)];
  }
  std::span<const std::int64_t> groups(Split s) const override {
    return groups_[static_cast<std::size_t>(s)];
  }

  torch::Tensor targets(Split s) const override {
    return target_.index_select(
        0, torch::tensor(std::vector<std::int64_t>(ids(s).begin(), ids(s).end()), torch::kInt64));
  }

  assay::Batch load(std::span<const std::int64_t> ids, const assay::Context&) const override {
    const torch::NoGradGuard no_grad;
    const auto id = torch::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()), torch::kInt64);
    for (const auto k : ids)
      if (k < 0 || k >= input_.size(0))
        throw Error(ErrorKind::kData, "there is no row " + std::to_string(k));
    return {input_.index_select(0, id), target_.index_select(0, id), id,
            group_.index_select(0, id)};
  }

 private:
  void check_folds() const {
    const auto fail = [](const char* what) { throw Error(ErrorKind::kParameter, what); };
    if (p_.stratified && p_.task != "classification")
      fail("`stratified` needs classes: leave it out for `task: regression`");
    if (p_.fold_column.empty() && p_.folds == 0 && p_.fold != 0)
      fail("`fold` needs `folds`, the number of folds, or a `fold_column`");
    if (!p_.fold_column.empty() && p_.folds != 0)
      fail("`fold_column` and `folds` exclude each other: give only one of them");
    if (p_.folds == 1) fail("`folds` is 1, expected 0 for none, or 2 or more");
    if (p_.folds > 0 && p_.fold >= p_.folds)
      fail("`fold` is an index from 0 and must be below `folds`");
  }

  void choose_columns(const Table& table) {
    label_ = table.column(p_.label);
    std::set<std::size_t> left_out = {label_};
    for (const auto& name : p_.drop_columns) {
      const auto column = table.column(name);
      left_out.insert(column);
      if (column == label_)
        throw Error(ErrorKind::kParameter,
                    "`drop_columns` has `" + name + "`, which is the label column");
    }
    for (const auto& name : {p_.group, p_.fold_column})
      if (!name.empty()) left_out.insert(table.column(name));
    for (std::size_t k = 0; k < table.names.size(); ++k)
      if (!left_out.contains(k)) features_.push_back(k);
    for (const auto k : features_) {
      if (table.names[k].empty())
        throw Error(ErrorKind::kData,
                    p_.path.string() + ": column " + std::to_string(k) +
                        " has no name, like the index that a data frame writes: leave it out with "
                        "`drop_columns: [\"" +
                        std::to_string(k) + "\"]`, or name the columns with `names`");
      info_.input_names.push_back(table.names[k]);
    }
    if (features_.empty())
      throw Error(ErrorKind::kData,
                  p_.path.string() + ": no feature column is left; drop fewer columns");
  }

  bool is_missing(const std::string& cell) const {
    return std::find(p_.missing_words.begin(), p_.missing_words.end(), cell) !=
           p_.missing_words.end();
  }

  void drop_missing(Table& table) const {
    auto used = features_;
    used.push_back(label_);
    Table kept = table;
    kept.rows.clear();
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
      const auto at = std::find_if(used.begin(), used.end(),
                                   [&](auto k) { return is_missing(table.rows[r].cells[k]); });
      if (at != used.end() && p_.missing == "error")
        throw Error(ErrorKind::kData, table.place(r, *at) + " is missing (`" +
                                          table.rows[r].cells[*at] +
                                          "`); use `missing: drop` to leave such rows out");
      if (at != used.end()) continue;
      kept.rows.push_back(table.rows[r]);
    }
    if (kept.rows.empty())
      throw Error(ErrorKind::kData, p_.path.string() + ": every row has a missing value");
    table = std::move(kept);
  }

  void describe(const Table& table, std::size_t dropped) {
    const auto count = [](std::size_t n, const std::string& what) {
      return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
    };
    auto& text = info_.read;
    text = count(table.rows.size(), "row") + ", " + count(table.names.size(), "column") + ": " +
           count(features_.size(), "number") + ", label `" + table.names[label_] + "`";
    if (info_.classes > 0)
      text += " of " + std::to_string(info_.classes) + (info_.classes == 1 ? " class" : " classes");
    for (const auto& [role, name] : {std::pair{"group", p_.group}, {"fold", p_.fold_column}})
      if (!name.empty())
        text += std::string(", ") + role + " `" + table.names[table.column(name)] + "`";
    if (!p_.drop_columns.empty())
      text += ", " + count(p_.drop_columns.size(), "column") + " left out";
    if (dropped > 0) text += "; " + count(dropped, "row") + " with missing values left out";
    text += describe_similar({info_.class_names, {}});
  }

  void read_features(const Table& table) {
    std::vector<float> all;
    for (std::size_t r = 0; r < table.rows.size(); ++r)
      for (const auto k : features_) all.push_back(static_cast<float>(table.number(r, k)));
    const auto rows = static_cast<std::int64_t>(table.rows.size());
    input_ = torch::tensor(all).view({rows, static_cast<std::int64_t>(features_.size())});
    info_.input_shape = {static_cast<std::int64_t>(features_.size())};
  }

  void read_labels(const Table& table) {
    if (p_.task == "classification") {
      const auto words = words_of(table, label_);
      check_classes(table, label_, words);
      info_.class_names = words.names;
      info_.classes = std::ssize(words.names);
      target_ = torch::tensor(words.codes, torch::kInt64);
      return;
    }
    std::vector<float> all;
    for (std::size_t r = 0; r < table.rows.size(); ++r)
      all.push_back(static_cast<float>(table.number(r, label_)));
    target_ = torch::tensor(all).unsqueeze(1);
  }

  void read_groups(const Table& table) {
    group_ = at::zeros({input_.size(0)}, torch::kInt64);
    if (p_.group.empty()) return;
    const auto words = words_of(table, table.column(p_.group));
    info_.groups = words.names;
    group_ = torch::tensor(words.codes, torch::kInt64);
  }

  // The number in `fold_column`, or one drawn.
  std::vector<std::int64_t> folds(const Table& table) const {
    if (p_.fold_column.empty()) return {};
    const auto column = table.column(p_.fold_column);
    std::vector<std::int64_t> all;
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
      const double part = table.number(r, column);
      if (part != std::floor(part))
        throw Error(ErrorKind::kData, table.place(r, column) + " is `" +
                                          table.rows[r].cells[column] +
                                          "`, expected an integer, the index of a fold");
      all.push_back(static_cast<std::int64_t>(part));
    }
    return all;
  }

  void split(const Table& table) {
    std::vector<std::int64_t> classes;
    for (std::int64_t k = 0; p_.stratified && k < target_.size(0); ++k)
      classes.push_back(target_[k].item<std::int64_t>());
    const Shares shares{p_.test, p_.validation, p_.folds, p_.fold};
    ids_ = split_rows(input_.size(0), shares, classes, folds(table),
                      assay::Rng(static_cast<std::uint64_t>(p_.split_seed)));
    for (std::size_t s = 0; s < 3 && !info_.groups.empty(); ++s)
      for (const auto id : ids_[s]) groups_[s].push_back(group_[id].item<std::int64_t>());
    info_.group_sizes = assay::group_sizes(ids_[0].size(), groups_[0], info_.groups.size());
    if (ids_[0].empty())
      throw Error(ErrorKind::kData, p_.path.string() + ": no row is left for training");
  }

  void standardize() {
    const auto train = input_.index_select(0, torch::tensor(ids_[0], torch::kInt64));
    const auto deviation = train.std(0, /*unbiased=*/false);
    input_ = (input_ - train.mean(0)) / deviation.where(deviation > 0, torch::ones_like(deviation));
  }

  Params p_;
  assay::Info info_;
  std::size_t label_ = 0;
  std::vector<std::size_t> features_;
  torch::Tensor input_, target_, group_;
  Splits ids_;
  std::vector<std::int64_t> groups_[3];
};

}  // namespace

ASSAY_PLUGIN(registry) {
  registry.add<CsvTable>("csv_table", "Numeric table with a label column, read from a text file.");
}
