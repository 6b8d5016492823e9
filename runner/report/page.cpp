// The page. Everything that comes from outside is escaped, also inside of the script.
#include <fmt/format.h>

#include "runner/report/assets.h"
#include "runner/report/cells.h"
#include "runner/report/curves.h"

namespace assay {
namespace {

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '"')
      safe += "&quot;";
    else
      safe += c;
  }
  return safe;
}

// JSON within a script element: no "</script" can end it early.
std::string script_json(const nlohmann::ordered_json& json) {
  std::string text = json.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace),
              safe;
  for (const char c : text) safe += c == '<' ? std::string("\\u003c") : std::string(1, c);
  return safe;
}

std::string cell(const std::string& text, const char* kind = "td") {
  return fmt::format("<{0}>{1}</{0}>", kind, escaped(text));
}

std::string row(const std::vector<std::string>& cells, const char* kind = "td") {
  std::string text = "<tr>";
  for (const auto& one : cells) text += cell(one, kind);
  return text + "</tr>\n";
}

std::string table_of(const Cells& cells) {
  std::string text = "<table>" + row(cells.front(), "th");
  for (std::size_t k = 1; k < cells.size(); ++k) text += row(cells[k]);
  return text + "</table>\n";
}

std::string results(const Report& report) {
  const auto unknown = unknown_metric(report);
  std::string text = unknown.empty() ? "" : "<p>" + escaped(unknown) + "</p>\n";
  text += table_of(format_groups(report, "–"));
  if (const auto note = other_build_note(report); !note.empty())
    text += "<p>" + escaped(note) + "</p>\n";
  for (const auto& note : report.notes) text += "<p>" + escaped(note) + "</p>\n";
  return text;
}

std::string differences(const Report& report) {
  const auto all = comparisons_of(report);
  if (all.empty()) return "";
  return "<h2>Paired differences</h2><p>Paired by seed and every other axis; mean difference and "
         "two-sided p. " +
         escaped(write_comparison_note(report, all)) + "</p>" +
         table_of(format_comparisons(all, "–"));
}

std::string link(const Report& report, const TrialResult& trial) {
  if (trial.dirs.empty()) return "";
  const auto& dir = trial.dirs.back();
  const auto relative = dir.lexically_relative(report.folder);
  return fmt::format("<td><a href=\"{}\">{}</a></td>",
                     escaped((relative.empty() ? dir : relative).string()),
                     escaped(trial.id.substr(0, 12)));
}

std::string format_label(const TrialResult& trial) {
  return Group{trial.axes, {&trial}}.label();
}

std::string trials(const Report& report) {
  const auto metrics = metrics_of(report);
  std::vector<std::string> head = {"alternative", "seed", "state"};
  head.insert(head.end(), metrics.begin(), metrics.end());
  head.insert(head.end(), {"seconds", "error", "folder"});
  std::string text = "<h2>Trials</h2><table>" + row(head, "th");
  for (const auto& group : groups_of(report))
    for (const auto* trial : group.trials) {
      text += "<tr>" + cell(format_label(*trial)) + cell(std::to_string(trial->seed)) +
              cell(std::string(name_of(trial->state)));
      for (const auto& metric : metrics) {
        const auto it = trial->metrics.find(metric);
        text += cell(it == trial->metrics.end() ? "–" : format_number(it->second));
      }
      text += cell(fmt::format("{:.1f}", trial->seconds)) + cell(trial->error) +
              link(report, *trial) + "</tr>\n";
    }
  return text + "</table>\n";
}

}  // namespace

std::string html_page(const Report& report) {
  std::string page =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>" +
      escaped(report.name) + " – Assay</title>\n<style>" + std::string(kDygraphsStyle) +
      "</style>\n<style>" + std::string(kPageStyle) + "</style></head>\n<body>\n<h1>" +
      escaped(report.name) + "</h1>\n";
  page += results(report) + differences(report);
  page +=
      "<h2>Learning curves</h2><p>Mean over the trials of an alternative by unit of work, a step "
      "of training; the band is one standard deviation to either side. Drag to zoom, double-click "
      "to go back.</p>"
      "<div id=\"curves\"></div>\n";
  std::vector<std::string> problems;
  const auto curves = script_json(curves_of(report, problems));
  for (const auto& problem : problems) page += "<p>Not shown: " + escaped(problem) + "</p>\n";
  page += trials(report);
  if (!report.read.empty()) page += "<h2>Data</h2>";
  for (const auto& text : report.read) page += "<p>Read " + escaped(text) + ".</p>\n";
  page += "<h2>Manifest</h2><pre>" + escaped(report.manifest) + "</pre>\n";
  if (!report.command.empty()) page += "<p><code>" + escaped(report.command) + "</code></p>\n";
  page += "<script>" + std::string(kDygraphsScript) +
          "</script>\n<script>const curves = " + curves + ";\n" + std::string(kPageScript) +
          "</script>\n</body></html>\n";
  return page;
}

}  // namespace assay
