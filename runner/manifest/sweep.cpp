// Lists and named alternatives are multiplied; distributions are sampled together.
#include "runner/manifest/sweep.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <random>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/random/sobol.hpp>

#include "runner/files/hash.h"
#include "runner/manifest/scalar.h"

namespace assay {
namespace {

constexpr std::size_t kMaxTrials = 10000, kMaxAxes = 64;

// An axis that sets several places at once, under one name.
constexpr std::string_view kArm = "arm";

struct Choice {
  std::string label;
  std::vector<std::pair<std::string, std::shared_ptr<const Node>>> values;  // by dotted path
  Location at;
};

struct Axis {
  std::string path;
  std::vector<Choice> choices;         // of a list, of alternatives
  const Node* distribution = nullptr;  // else
  Location at;
};

struct Search {
  std::string use = "grid";
  std::int64_t trials = 0;
  std::int64_t seed = 0;
};

std::string label_of(const Node& node) {
  if (node.is_scalar()) return node.text;
  if (node.is_map())
    if (const Node* use = node.find("use")) return use->text;
  std::string text;
  for (const auto& item : node.items) text += (text.empty() ? "" : ",") + label_of(item);
  return node.is_list() ? "[" + text + "]" : node.describe();
}

bool is_distribution(const Node& node) {
  static const std::set<std::string> kWords = {"uniform", "log_uniform", "int_uniform", "choice"};
  return node.is_map() && node.entries.size() == 1 && kWords.contains(node.entries[0].key);
}

Search search_of(const Node& root, Checker& checker) {
  Search search;
  const Node* node = root.find("search");
  if (node == nullptr) return search;
  const Node* use = node->is_map() ? node->find("use") : node;
  if (node->is_map()) {
    checker.keys(*node, {"use", "trials", "seed"}, "search");
    if (const Node* trials = node->find("trials"))
      search.trials = checker.integer(*trials, "trials", 1).value_or(1);
    if (const Node* seed = node->find("seed"))
      search.seed = checker.integer(*seed, "seed", 0).value_or(0);
  }
  search.use = use != nullptr && use->is_scalar() ? use->text : "";
  if (search.use != "grid" && search.use != "random" && search.use != "sobol") {
    const Node& shown = use == nullptr ? *node : *use;
    checker.complaints().add(
        shown.at, "`search` is " + shown.describe() + ", expected one of grid, random, sobol");
  } else if (search.use != "grid" && search.trials == 0) {
    checker.complaints().add(
        node->at, "`search: " + search.use +
                      "` needs `trials`, the number of samples: search: {use: " + search.use +
                      ", trials: 20}");
  }
  return search;
}

void check_distribution(const Axis& axis, Checker& checker) {
  const auto& [word, at, range] = axis.distribution->entries[0];
  auto& complaints = checker.complaints();
  if (!range.is_list() || range.items.empty())
    return complaints.add(range.at,
                          fmt::format("`{}` is {}, expected a list{}", word, range.describe(),
                                      word == "choice" ? " of values" : " of two bounds"));
  if (word == "choice") return;
  std::vector<double> ends;
  for (const auto& item : range.items) {
    const auto number = item.is_scalar() ? resolve(item) : Scalar(false);
    if (const auto* real = std::get_if<double>(&number); real != nullptr && word != "int_uniform")
      ends.push_back(*real);
    else if (const auto* integer = std::get_if<std::int64_t>(&number))
      ends.push_back(static_cast<double>(*integer));
    else
      return complaints.add(
          item.at, fmt::format("`{}` has {} as a bound, expected {}", word, item.describe(),
                               word == "int_uniform" ? "an integer" : "a number"));
  }
  if (ends.size() != 2 || !(ends[0] < ends[1]))
    complaints.add(range.at, "`" + word + "` needs two bounds, the lower one first");
  else if (word == "log_uniform" && ends[0] <= 0)
    complaints.add(range.items[0].at, "`log_uniform` needs bounds above 0");
}

// What a trial has no part in cannot be swept.
void check_path(const std::string& axis, const std::string& path, const Location& at,
                Checker& checker) {
  Strings accepted = checker.catalog().stage_kinds();
  accepted.insert(accepted.end(), {"weights", "seed", "device", "deterministic", "stages"});
  if (axis == path) accepted.emplace_back(kArm);
  const auto steps = steps_of(path);
  if (steps.size() > kMaxSteps)
    return checker.complaints().add(
        at, fmt::format("axis `{}`: its path has {} steps; at most {} are accepted", axis,
                        steps.size(), kMaxSteps));
  const auto& first = steps.front();
  if (std::find(accepted.begin(), accepted.end(), first) != accepted.end()) return;
  const auto near = nearest(first, accepted);
  checker.complaints().add(
      at, fmt::format("axis `{}`: `{}` is not a key that a sweep can vary; {}", axis, first,
                      near.empty() ? fmt::format("accepted are {}", fmt::join(accepted, ", "))
                                   : "did you mean `" + near + "`?"));
}

Axis arms_of(const MapEntry& entry, Checker& checker) {
  Axis axis{entry.key, {}, nullptr, entry.at};
  auto& complaints = checker.complaints();
  if (!entry.value.is_map() || entry.value.entries.empty())
    complaints.add(entry.value.at,
                   "`arm` is " + entry.value.describe() +
                       ", expected a map of named arms, each a map of keys to values, as in {sgd: "
                       "{optimizer: {use: sgd}, procedure.epochs: 2}}");
  for (const auto& arm : entry.value.entries) {
    Choice choice{arm.key, {}, arm.at};
    if (!arm.value.is_map() || arm.value.entries.empty())
      complaints.add(arm.value.at,
                     "the arm `" + arm.key + "` is " + arm.value.describe() +
                         ", expected a map of keys to values, as in {optimizer: {use: "
                         "sgd}, procedure.epochs: 2}");
    for (const auto& part : arm.value.entries) {
      check_path("arm." + arm.key, part.key, part.at, checker);
      choice.values.emplace_back(part.key, std::make_shared<Node>(part.value));
    }
    axis.choices.push_back(std::move(choice));
  }
  return axis;
}

// Bounds or steps as other tools write them: two trials called min and max are hardly meant.
bool is_interval(const Node& node) {
  static const std::set<std::string> kWords = {"min", "max",  "low", "high", "start", "stop",
                                               "end", "step", "num", "log",  "from",  "to"};
  const auto meant = [](const MapEntry& entry) {
    return kWords.contains(entry.key) && entry.value.is_scalar();
  };
  return node.entries.size() > 1 && std::all_of(node.entries.begin(), node.entries.end(), meant);
}

// Two values of one label would be one row of a table.
void check_label(const std::string& axis, const std::string& label, const Location& at,
                 std::set<std::string>& labels, Checker& checker) {
  if (!labels.insert(label).second)
    checker.complaints().add(at,
                             fmt::format("axis `{}` has two values that are shown as `{}`: name "
                                         "them, as in {{a: ..., b: ...}}",
                                         axis, label));
}

Axis axis_of(const MapEntry& entry, Checker& checker) {
  Axis axis{entry.key, {}, nullptr, entry.at};
  const Node& node = entry.value;
  if (is_distribution(node)) {
    axis.distribution = &node;
    check_distribution(axis, checker);
    std::set<std::string> labels;
    const auto& [word, at, range] = axis.distribution->entries[0];
    if (word == "choice")
      for (const auto& item : range.items)
        check_label(entry.key, label_of(item), item.at, labels, checker);
    return axis;
  }
  if (entry.key == kArm) return arms_of(entry, checker);
  for (const auto& item : node.items)
    axis.choices.push_back({label_of(item), {{entry.key, std::make_shared<Node>(item)}}, item.at});
  for (const auto& item : node.entries)
    axis.choices.push_back(
        {item.key, {{entry.key, std::make_shared<Node>(item.value)}}, item.value.at});
  if (axis.choices.empty())
    checker.complaints().add(
        node.at,
        fmt::format("axis `{}` is {}, expected a list of values, a map of "
                    "named alternatives, or a distribution such as "
                    "{{log_uniform: [1e-4, 1e-1]}}{}",
                    entry.key, node.describe(),
                    node.text.starts_with("range(") ? "; write the values, as in [0, 1, 2]" : ""));
  if (is_interval(node))
    checker.complaints().add(
        node.at,
        fmt::format(
            "axis `{}` is a map of {}, which would be names of alternatives: write a list of "
            "values, or a distribution such as {{log_uniform: [1e-4, 1e-1]}}",
            entry.key, fmt::join(node.keys(), " and ")));
  std::set<std::string> labels;
  for (const auto& choice : axis.choices)
    check_label(entry.key, choice.label, choice.at, labels, checker);
  return axis;
}

// Six digits, so that a table can print the value that was run; ends that are open stay open.
std::string rounded(double x, double high) {
  const auto text = fmt::format("{:.6g}", x);
  return std::stod(text) < high ? text : fmt::format("{}", x);
}

// The axis's value at `u` in [0, 1).
Node at_quantile(const Axis& axis, double u) {
  const auto& [word, at, range] = axis.distribution->entries[0];
  if (word == "choice")
    return range.items[static_cast<std::size_t>(u * static_cast<double>(range.items.size()))];
  const auto end = [&ends = range](std::size_t k) {
    return *duration(ends.items[k]);
  };  // a plain number
  Node node;
  node.kind = Node::Kind::kScalar;
  node.at = range.at;
  const double low = end(0), high = end(1);
  if (word == "int_uniform")
    node.text =
        fmt::format("{}", static_cast<std::int64_t>(std::floor(low + u * (high - low + 1))));
  else if (word == "log_uniform")
    node.text = rounded(low * std::pow(high / low, u), high);
  else
    node.text = rounded(low + u * (high - low), high);
  return node;
}

// A stream of the axis's own, so that another axis does not change its values. The engine's raw
// output is the same everywhere; std's distributions are not.
std::vector<double> random_column(const std::string& path, const Search& search) {
  const auto digest = sha256(fmt::format("{} {}", search.seed, path));
  std::mt19937_64 engine(std::stoull(digest.substr(0, 16), nullptr, 16));
  std::vector<double> column;
  for (std::int64_t k = 0; k < search.trials; ++k)
    column.push_back(static_cast<double>(engine() >> 11) * 0x1p-53);
  return column;
}

std::vector<std::vector<double>> columns_of(const std::vector<Axis>& axes, const Search& search) {
  std::vector<std::vector<double>> columns(axes.size());
  if (search.use == "random")
    for (std::size_t k = 0; k < axes.size(); ++k) columns[k] = random_column(axes[k].path, search);
  if (search.use != "sobol") return columns;
  boost::random::sobol engine(axes.size());
  engine.discard(axes.size() * static_cast<std::size_t>(search.seed));
  for (std::int64_t k = 0; k < search.trials; ++k)
    for (auto& column : columns) column.push_back(static_cast<double>(engine() >> 11) * 0x1p-53);
  return columns;
}

std::vector<Point> sampled(const std::vector<Axis>& axes, const Search& search) {
  if (axes.empty()) return {Point{}};
  std::vector<Point> points(static_cast<std::size_t>(search.trials));
  const auto columns = columns_of(axes, search);
  for (std::size_t a = 0; a < axes.size(); ++a)
    for (std::size_t k = 0; k < points.size(); ++k) {
      Node value = at_quantile(axes[a], columns[a][k]);
      points[k].labels[axes[a].path] = label_of(value);
      points[k].values.emplace_back(axes[a].path, std::make_shared<Node>(std::move(value)));
    }
  return points;
}

std::vector<Point> multiplied(const std::vector<Point>& points, const Axis& axis) {
  std::vector<Point> product;
  for (const auto& point : points)
    for (const auto& choice : axis.choices) {
      product.push_back(point);
      auto& values = product.back().values;
      values.insert(values.end(), choice.values.begin(), choice.values.end());
      product.back().labels[axis.path] = choice.label;
    }
  return product;
}

bool from_command_line(const Node& node) {
  return node.at.file == kCommandLine ||
         std::any_of(node.items.begin(), node.items.end(), from_command_line) ||
         std::any_of(node.entries.begin(), node.entries.end(),
                     [](const MapEntry& entry) { return from_command_line(entry.value); });
}

// A value from the command line that an axis would replace: it was meant for the axis.
void check_overridden(const Node& root, const Axis& axis, Complaints& complaints) {
  std::set<std::string> paths{axis.path};
  for (const auto& choice : axis.choices)
    for (const auto& [path, value] : choice.values) paths.insert(path);
  for (const auto& path : paths) {
    const Node* given = find(root, steps_of(path));
    if (given == nullptr || !from_command_line(*given)) continue;
    const std::string& name = axis.path;
    complaints.add(given->at, "`" + path + "` is " + (path == name ? "" : "set by the arms, ") +
                                  "an axis of the sweep: override `sweep." + name +
                                  "`, or remove the axis with `~sweep." + name + "`");
  }
}

// Two axes that set one place: the first would count for nothing.
void check_apart(const std::vector<Axis>& axes, Complaints& complaints) {
  std::map<std::string, std::string> owner;  // path -> axis
  for (const auto& axis : axes)
    for (const auto& choice : axis.choices)
      for (const auto& [path, value] : choice.values) {
        const auto [it, first] = owner.emplace(path, axis.path);
        if (it->second == axis.path) continue;
        complaints.add(value->at, fmt::format("`{}` is set by the axis `{}` and by the axis `{}`: "
                                              "remove it from one of them",
                                              path, it->second, axis.path));
      }
}

struct Axes {
  std::vector<Axis> listed, drawn;

  double points(const Search& search) const {
    double all = drawn.empty() ? 1 : static_cast<double>(search.trials);
    for (const auto& axis : listed) all *= static_cast<double>(axis.choices.size());
    return all;
  }
};

Axes axes_of(const Node& root, const Node& sweep, const Search& search, Checker& checker) {
  Axes axes;
  for (const auto& entry : sweep.entries) {
    Axis axis = axis_of(entry, checker);
    check_path(axis.path, axis.path, axis.at, checker);
    check_overridden(root, axis, checker.complaints());
    const bool drawn = axis.distribution != nullptr;
    if (drawn && search.use == "grid")
      checker.complaints().add(
          axis.at,
          "axis `" + axis.path +
              "` is a distribution, which needs `search: {use: random, trials: 20}` or sobol");
    (drawn ? axes.drawn : axes.listed).push_back(std::move(axis));
  }
  check_apart(axes.listed, checker.complaints());
  return axes;
}

bool is_map_of_axes(const Node& sweep, Complaints& complaints) {
  if (!sweep.is_map()) {
    complaints.add(sweep.at, "`sweep` is " + sweep.describe() + ", expected a map of axes");
    return false;
  }
  if (sweep.entries.size() <= kMaxAxes) return true;
  complaints.add(sweep.at, fmt::format("the sweep has {} axes; at most {} are accepted",
                                       sweep.entries.size(), kMaxAxes));
  return false;
}

}  // namespace

std::vector<Point> expand_sweep(const Node& root, Checker& checker) {
  auto& complaints = checker.complaints();
  const Search search = search_of(root, checker);
  const Node* sweep = root.find("sweep");
  if (sweep != nullptr && !is_map_of_axes(*sweep, complaints)) return {};
  const Axes axes = sweep == nullptr ? Axes{} : axes_of(root, *sweep, search, checker);
  if (axes.drawn.empty() && complaints.empty() && search.use != "grid")
    complaints.add(root.find("search")->at,
                   "`search: " + search.use +
                       "` has nothing to sample: no axis of `sweep` is a distribution such as "
                       "{log_uniform: [1e-4, 1e-1]}");
  if (const double trials = axes.points(search); trials > static_cast<double>(kMaxTrials))
    complaints.add(sweep->at, fmt::format("the sweep has {} trials; at most {} are accepted",
                                          trials, kMaxTrials));
  if (!complaints.empty()) return sweep == nullptr ? std::vector{Point{}} : std::vector<Point>{};
  auto points = sampled(axes.drawn, search);
  for (const auto& axis : axes.listed) points = multiplied(points, axis);
  return points;
}

}  // namespace assay
