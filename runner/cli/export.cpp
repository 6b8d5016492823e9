// export: final metrics as CSV, JSON or a LaTeX table.
#include <fmt/core.h>

#include <cmath>
#include <set>

#include "assay/schema.h"
#include "runner/cli/folders.h"
#include "runner/cli/outcomes.h"

namespace assay::cli {
namespace {

// Text cells: name, axes, seed, state, then a metric a column.
struct Table {
  Strings head;
  std::vector<Strings> rows;
};

struct Swept {
  const Experiment* experiment;
  std::vector<TrialOutcome> trials;
};

Table table_of(const std::vector<Swept>& all) {
  std::set<std::string> axes, metrics;
  for (const auto& [experiment, trials] : all)
    for (const auto& trial : trials) {
      for (const auto& [axis, value] : row_of(*trial.trial)) axes.insert(axis);
      for (const auto& [metric, value] : trial.metrics) metrics.insert(metric);
    }
  Table table;
  table.head = {"experiment", "id"};
  table.head.insert(table.head.end(), axes.begin(), axes.end());
  table.head.insert(table.head.end(), {"seed", "state"});
  table.head.insert(table.head.end(), metrics.begin(), metrics.end());
  for (const auto& [experiment, trials] : all)
    for (const auto& trial : trials) {
      Strings row{experiment->name, run_name(trial.trial->id)};
      const auto own = row_of(*trial.trial);
      for (const auto& axis : axes) row.push_back(own.contains(axis) ? own.at(axis) : "");
      row.push_back(std::to_string(trial.trial->seed));
      row.emplace_back(name_of(trial.state));
      for (const auto& metric : metrics) {
        const auto it = trial.metrics.find(metric);
        row.push_back(it == trial.metrics.end() ? "" : fmt::format("{}", it->second));
      }
      table.rows.push_back(std::move(row));
    }
  return table;
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string latex_cell(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (std::string_view("_%&#$").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string line(const Strings& cells, const char* between,
                 std::string (*escape)(const std::string&)) {
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) text += (i == 0 ? "" : between) + escape(cells[i]);
  return text;
}

void print_csv(const Table& table) {
  fmt::print("{}\n", line(table.head, ",", csv_cell));
  for (const auto& row : table.rows) fmt::print("{}\n", line(row, ",", csv_cell));
}

void print_latex(const Table& table) {
  fmt::print("\\begin{{tabular}}{{{}}}\n\\hline\n", std::string(table.head.size(), 'l'));
  fmt::print("{} \\\\\n\\hline\n", line(table.head, " & ", latex_cell));
  for (const auto& row : table.rows) fmt::print("{} \\\\\n", line(row, " & ", latex_cell));
  fmt::print("\\hline\n\\end{{tabular}}\n");
}

int run_export(const Call& call) {
  const std::string format = call.json ? "json" : call.text("format");
  if (format != "csv" && format != "json" && format != "latex")
    throw UsageError(fmt::format("--format is `{}`, expected csv, json or latex", format));
  const Catalog catalog = catalog_of(call);
  const auto asked = experiments_of(call, catalog);
  std::vector<Swept> all;
  auto json = Json::array();
  for (const auto& one : asked) {
    all.push_back({&one.experiment, read_outcomes(one.experiment, one.runs)});
    for (const auto& trial : all.back().trials) {
      json.push_back(to_json(trial));
      json.back()["name"] = one.experiment.name;
    }
  }
  if (format == "json")
    print_json(call, {{"trials", json}});
  else if (format == "csv")
    print_csv(table_of(all));
  else
    print_latex(table_of(all));
  return kOk;
}

void add_export_flags(boost::program_options::options_description& flags) {
  flags.add_options()("format", boost::program_options::value<std::string>()->default_value("csv"),
                      "output format: csv, json or latex");
  add_version_flag(flags);
}

}  // namespace

const Verb kExportVerb{"export",
                       "Print the final metrics of all trials as CSV, JSON or LaTeX.",
                       "MANIFEST [key=value...] | RUN-FOLDER...",
                       "  assay export runs/quickstart > quickstart.csv\n"
                       "  assay export experiments/quickstart.yaml --format latex\n",
                       run_export,
                       add_export_flags};

}  // namespace assay::cli
