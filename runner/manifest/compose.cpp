// Includes and overrides.
#include "runner/manifest/compose.h"

#include <algorithm>

#include <fmt/format.h>

#include "assay/error.h"
#include "assay/schema.h"
#include "runner/files/file_system.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxIncludes = 100;

std::string use_of(const Node& node) {
  if (node.is_scalar()) return node.text;
  const Node* use = node.is_map() ? node.find("use") : nullptr;
  return use != nullptr && use->is_scalar() ? use->text : "";
}

std::vector<const Node*> names_in(const Node& include, Complaints& complaints) {
  std::vector<const Node*> names;
  if (include.is_scalar()) return {&include};
  if (include.is_list())
    for (const auto& item : include.items) names.push_back(&item);
  if (!include.is_list() ||
      std::any_of(names.begin(), names.end(), [](auto* n) { return !n->is_scalar(); }))
    complaints.add(include.at, "`include` is " + include.describe() +
                                   ", expected a file name or a list of file names");
  complaints.throw_if_any();
  return names;
}

// Files are counted each time they are included: eighteen that include the next one twice would be
// read half a million times.
struct Including {
  std::vector<fs::path> open;
  int files = 0;
};

Node read_with_includes(const fs::path& file, Including& including) {
  Node own = read_yaml(read_file(file), {file.string(), 1, 1});
  Complaints complaints;
  if (!own.is_map())
    complaints.add(own.at, "the manifest is " + own.describe() + ", expected a map of keys");
  complaints.throw_if_any();
  const Node* include = own.find("include");
  if (include == nullptr) return own;
  Node below;
  below.kind = Node::Kind::kMap;
  auto& open = including.open;
  open.push_back(fs::weakly_canonical(file));
  for (const Node* name : names_in(*include, complaints)) {
    const auto other = file.parent_path() / name->text;
    std::error_code unreadable;  // a name too long, a loop of links: no file either
    if (!fs::is_regular_file(other, unreadable))
      complaints.add(name->at, "the included file `" + other.string() + "` does not exist");
    else if (std::find(open.begin(), open.end(), fs::weakly_canonical(other)) != open.end())
      complaints.add(name->at, "`" + name->text + "` includes itself");
    else if (++including.files > kMaxIncludes)
      complaints.add(name->at,
                     fmt::format("more than {} files are included: include fewer", kMaxIncludes));
    complaints.throw_if_any();
    below = merge(std::move(below), read_with_includes(other, including));
  }
  open.pop_back();
  own.erase("include");
  return merge(std::move(below), std::move(own));
}

struct Override {
  Location at;
  char sign = ' ';  // ' ', '+' or '~'
  std::string path;
  Node value;
};

// `number` counts the overrides of the command line from 1.
Override parse(const std::string& text, int number, Complaints& complaints) {
  Override made;
  made.at = {kCommandLine, number, 1};
  check_bytes(text, made.at);
  std::string rest = text;
  if (!rest.empty() && (rest[0] == '+' || rest[0] == '~')) {
    made.sign = rest[0];
    rest.erase(0, 1);
  }
  const auto equals = rest.find('=');
  made.path = rest.substr(0, equals);
  const bool removes = made.sign == '~';
  if (made.path.empty() || removes != (equals == std::string::npos) || made.path.front() == '.' ||
      made.path.back() == '.' || made.path.find("..") != std::string::npos ||
      steps_of(made.path).size() > kMaxSteps)
    complaints.add(made.at,
                   "`" + text + "` is not an override: write path=value, +path=value or ~path");
  const bool commented = !removes && equals + 1 < rest.size() && rest[equals + 1] == '#';
  if (commented)
    complaints.add(made.at, "`" + text +
                                "` has no value, since `#` begins a comment in YAML: write " +
                                rest.substr(0, equals) + "='\"" + rest.substr(equals + 1) + "\"'");
  complaints.throw_if_any();
  if (!removes && equals + 1 < rest.size())
    made.value =
        read_yaml(rest.substr(equals + 1),
                  {kCommandLine, number, static_cast<int>(text.size() - rest.size() + equals) + 2});
  if (made.value.at.line == 0) made.value.at = made.at;
  return made;
}

// An axis of the sweep is one step, dots and all: `sweep.optimizer.lr` is the axis `optimizer.lr`,
// unless `optimizer` is an axis with an alternative `lr`.
Strings steps_in(const Node& root, const std::string& path) {
  auto steps = steps_of(path);
  if (steps.size() < 3 || steps[0] != "sweep") return steps;
  if (find(root, std::span(steps).first(3)) != nullptr) return steps;
  return {"sweep", path.substr(steps[0].size() + 1)};
}

void apply(Node& root, const Override& one, Complaints& complaints) {
  const auto steps = steps_in(root, one.path);
  Node* parent = find(root, std::span(steps).first(steps.size() - 1));
  const bool there = parent != nullptr && parent->find(steps.back()) != nullptr;
  if (one.sign == '~') {
    if (there) return parent->erase(steps.back());
    const auto near = parent != nullptr ? nearest(steps.back(), parent->keys()) : "";
    return complaints.add(one.at, "cannot remove `" + one.path + "`: there is no such key" +
                                      (near.empty() ? "" : "; did you mean `" + near + "`?"));
  }
  if (one.sign == '+' && there)
    return complaints.add(one.at,
                          "`" + one.path + "` already exists: leave out the `+` to replace it");
  assign(root, steps, one.value);
}

// The next item of a list may be added, but no item below it.
void check_index(const Node& list, const Strings& steps, std::size_t k, const Location& at) {
  const auto count = list.items.size();
  if (index_in(steps[k], count + (k + 1 == steps.size() ? 1 : 0))) return;
  const Strings path(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(k));
  Complaints complaints;
  complaints.add(at,
                 fmt::format("`{}` is a list of {} {}, in which `{}` is not an index: the first "
                             "is 0",
                             fmt::join(path, "."), count, count == 1 ? "item" : "items", steps[k]));
  complaints.throw_if_any();
}

}  // namespace

Node merge(Node below, Node over) {
  if (!below.is_map() || !over.is_map()) return over;
  const auto a = use_of(below), b = use_of(over);
  if (!a.empty() && !b.empty() && a != b) return over;
  for (auto& entry : over.entries) {
    Node* there = below.find(entry.key);
    Node value = there != nullptr ? merge(*there, entry.value) : entry.value;
    below.set(entry.key, std::move(value));
    for (auto& set : below.entries)
      if (set.key == entry.key) set.at = entry.at;
  }
  below.at = over.at;
  return below;
}

void assign(Node& root, const Strings& steps, Node value) {
  Node* here = &root;
  for (std::size_t k = 0; k + 1 < steps.size(); ++k) {
    if (here->is_list()) check_index(*here, steps, k, value.at);
    Node* next = here->find(steps[k]);
    if (next == nullptr || next->kind == Node::Kind::kNull) {
      Node empty;
      empty.kind = Node::Kind::kMap;
      empty.at = value.at;
      next = &here->set(steps[k], std::move(empty));
    } else if (next->is_scalar()) {  // `optimizer: sgd` is short for {use: sgd}
      Node map;
      map.kind = Node::Kind::kMap;
      map.at = next->at;
      map.set("use", *next);
      *next = std::move(map);
    }
    here = next;
  }
  if (here->is_list()) check_index(*here, steps, steps.size() - 1, value.at);
  const auto& name = steps.back();
  const Node* before = here->find(name);
  if (name == "use" && before != nullptr &&
      before->text != value.text)  // another component: begin anew
    std::erase_if(here->entries,
                  [](const MapEntry& entry) { return entry.value.at.file != kCommandLine; });
  here->set(name, std::move(value));
}

Node compose(const fs::path& file, const std::vector<std::string>& overrides) {
  Including including;
  Node root = read_with_includes(file, including);
  Complaints complaints;
  int number = 0;
  for (const auto& text : overrides) {
    try {
      apply(root, parse(text, ++number, complaints), complaints);
    } catch (const ManifestErrors& errors) {
      for (const auto& one : errors.all()) complaints.add(one.at, one.message);
    }
  }
  if (const Node* include = root.find("include"))
    complaints.add(include->at,
                   "`include` cannot be set on the command line: write it into a manifest");
  complaints.throw_if_any();
  return root;
}

}  // namespace assay
