// Bounds are doubles in their shortest exact form: `above` 3.5 is `from` the next double after it.
#include "glc/shared/rules/rules_json.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "assay/error.h"
#include "assay/schema.h"

namespace glc {
namespace {

using Json = nlohmann::ordered_json;
using assay::Error;
using assay::ErrorKind;

constexpr const char* kSchema = "assay.rules/1";
constexpr int kDeepest = 8;

Json to_json(const Rule& rule, const Rules& all) {
  auto where = Json::array();
  for (std::size_t k = 0; k < rule.box.size(); ++k) {
    if (rule.box[k].free()) continue;
    Json one{{"column", all.columns[k]}};
    const auto low = written_lower(rule.box[k].lower), high = written_upper(rule.box[k].upper);
    if (std::isfinite(low.value)) one[low.strict ? "above" : "from"] = low.value;
    if (std::isfinite(high.value)) one[high.strict ? "below" : "to"] = high.value;
    where.push_back(std::move(one));
  }
  return {{"class", all.classes[static_cast<std::size_t>(rule.answer)]}, {"where", where}};
}

// Reads one file, and says where in it something is wrong.
class Reader {
 public:
  explicit Reader(const std::string& source) : source_(source) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::kData, source_ + ": " + what);
  }

  const Json& member(const Json& of, const std::string& place, const char* name) const {
    if (!of.is_object()) fail(place + " is not an object");
    const auto it = of.find(name);
    if (it == of.end()) fail(fmt::format("{} has no `{}`", place, name));
    return *it;
  }

  std::vector<std::string> names(const Json& of, const char* name) const {
    const auto& list = member(of, "the file", name);
    std::vector<std::string> all;
    if (!list.is_array()) fail(fmt::format("`{}` is not a list of names", name));
    for (const auto& one : list) {
      if (!one.is_string()) fail(fmt::format("`{}` is not a list of names", name));
      if (std::find(all.begin(), all.end(), one) != all.end())
        fail(fmt::format("`{}` has `{}` twice", name, one.get<std::string>()));
      all.push_back(one.get<std::string>());
    }
    return all;
  }

  std::size_t index(const Json& name, const std::vector<std::string>& of, const std::string& place,
                    const char* what) const {
    if (!name.is_string()) fail(fmt::format("{}: `{}` is not a name", place, what));
    const auto text = name.get<std::string>();
    const auto it = std::find(of.begin(), of.end(), text);
    if (it != of.end()) return static_cast<std::size_t>(it - of.begin());
    const auto near = assay::nearest(text, of);
    fail(fmt::format("{}: there is no {} `{}`{}", place, what, text,
                     near.empty() ? "" : "; did you mean `" + near + "`?"));
  }

  Rule rule(const Json& from, std::size_t number, const Rules& all) const {
    const auto place = fmt::format("rule {}", number + 1);
    Rule made{
        static_cast<std::int64_t>(index(member(from, place, "class"), all.classes, place, "class")),
        Box(all.columns.size())};
    const auto& where = member(from, place, "where");
    if (!where.is_array()) fail(place + ": `where` is not a list");
    for (const auto& one : where) {
      const auto k = index(member(one, place, "column"), all.columns, place, "column");
      if (!made.box[k].free()) fail(fmt::format("{} has `{}` twice", place, all.columns[k]));
      made.box[k] = interval(one, place);
    }
    return made;
  }

 private:
  Interval interval(const Json& from, const std::string& place) const {
    Interval made;
    for (const auto& [key, value] : from.items()) {
      if (key == "column") continue;
      if (!value.is_number()) fail(fmt::format("{}: `{}` is not a number", place, key));
      const auto x = value.get<double>();
      const bool low = key == "from" || key == "above", high = key == "to" || key == "below";
      if ((low && made.lower != -kInfinity) || (high && made.upper != kInfinity))
        fail(fmt::format("{}: a column has two {} bounds", place, low ? "lower" : "upper"));
      if (key == "from")
        made.lower = x;
      else if (key == "above")
        made.lower = std::nextafter(x, kInfinity);
      else if (key == "to")
        made.upper = x;
      else if (key == "below")
        made.upper = std::nextafter(x, -kInfinity);
      else
        fail(
            fmt::format("{}: `{}` is unknown; accepted are from, above, to and below", place, key));
    }
    if (made.free()) fail(place + ": a column has no bound");
    if (made.lower > made.upper) fail(place + ": a column's lower bound is above its upper one");
    return made;
  }

  std::string source_;
};

}  // namespace

std::string to_json(const Rules& rules) {
  Json otherwise;
  if (rules.otherwise != kRefused)
    otherwise = rules.classes[static_cast<std::size_t>(rules.otherwise)];
  Json file{{"schema", kSchema},
            {"columns", rules.columns},
            {"classes", rules.classes},
            {"otherwise", otherwise},
            {"rules", Json::array()}};
  for (const auto& rule : rules.rules) file["rules"].push_back(to_json(rule, rules));
  return file.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Rules from_json(const std::string& text, const std::string& source) {
  const Reader reader(source);
  const auto file = Json::parse(
      text,
      [&](int depth, Json::parse_event_t, Json&) {
        if (depth > kDeepest) reader.fail("is nested too deeply for a rule file");
        return true;
      },
      /*allow_exceptions=*/false);
  if (file.is_discarded()) reader.fail("is not JSON");
  if (reader.member(file, "the file", "schema") != kSchema)
    reader.fail(fmt::format("is not a rule file: `schema` must be \"{}\"", kSchema));
  Rules rules;
  rules.columns = reader.names(file, "columns");
  rules.classes = reader.names(file, "classes");
  const auto& otherwise = reader.member(file, "the file", "otherwise");
  if (!otherwise.is_null())
    rules.otherwise =
        static_cast<std::int64_t>(reader.index(otherwise, rules.classes, "otherwise", "class"));
  const auto& list = reader.member(file, "the file", "rules");
  if (!list.is_array()) reader.fail("`rules` is not a list");
  for (std::size_t k = 0; k < list.size(); ++k)
    rules.rules.push_back(reader.rule(list[k], k, rules));
  return rules;
}

Rules fitted_to(Rules rules, const std::vector<std::string>& columns,
                const std::vector<std::string>& classes, const std::string& source) {
  const Reader reader(source);
  const auto order = [&](const std::vector<std::string>& wanted,
                         const std::vector<std::string>& have, const char* what) {
    if (wanted.size() != have.size())
      reader.fail(
          fmt::format("is for {} {}s, but the data has {}", have.size(), what, wanted.size()));
    std::vector<std::size_t> places;
    for (const auto& name : have) places.push_back(reader.index(name, wanted, "the data", what));
    return places;
  };
  const auto column = order(columns, rules.columns, "column");
  const auto answer = order(classes, rules.classes, "class");
  for (auto& rule : rules.rules) {
    Box box(rule.box.size());
    for (std::size_t k = 0; k < box.size(); ++k) box[column[k]] = rule.box[k];
    rule = {static_cast<std::int64_t>(answer[static_cast<std::size_t>(rule.answer)]),
            std::move(box)};
  }
  if (rules.otherwise != kRefused)
    rules.otherwise = static_cast<std::int64_t>(answer[static_cast<std::size_t>(rules.otherwise)]);
  rules.columns = columns;
  rules.classes = classes;
  return rules;
}

}  // namespace glc
