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

std::string use_of(const Node& node) {
  if (node.is_scalar()) return node.text;
  const Node* use = node.is_map() ? node.find("use") : nullptr;
  return use != nullptr && use->is_scalar() ? use->text : "";
}

// `over` wins; maps are merged, but a component of another name replaces the one below.
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

std::vector<const Node*> names_in(const Node& include, Complaints& complaints) {
  std::vector<const Node*> names;
  if (include.is_scalar()) return {&include};
  if (include.is_list())
    for (const auto& item : include.items) names.push_back(&item);
  if (!include.is_list() ||
      std::any_of(names.begin(), names.end(), [](auto* n) { return !n->is_scalar(); }))
    complaints.add(include.at, "`include` is " + include.describe() +
                                   ", expected a file name or a list of them");
  complaints.throw_if_any();
  return names;
}

Node read_with_includes(const fs::path& file, std::vector<fs::path>& open) {
  Node own = read_yaml(read_file(file), file.string());
  Complaints complaints;
  if (!own.is_map())
    complaints.add(own.at, "the manifest is " + own.describe() + ", expected a map of keys");
  complaints.throw_if_any();
  const Node* include = own.find("include");
  if (include == nullptr) return own;
  Node below;
  below.kind = Node::Kind::kMap;
  open.push_back(fs::weakly_canonical(file));
  for (const Node* name : names_in(*include, complaints)) {
    const auto other = file.parent_path() / name->text;
    if (!fs::is_regular_file(other))
      complaints.add(name->at, "there is no file `" + other.string() + "` to include");
    else if (std::find(open.begin(), open.end(), fs::weakly_canonical(other)) != open.end())
      complaints.add(name->at, "`" + name->text + "` includes itself");
    complaints.throw_if_any();
    below = merge(std::move(below), read_with_includes(other, open));
  }
  open.pop_back();
  own.erase("include");
  return merge(std::move(below), std::move(own));
}

struct Override {
  char sign = ' ';  // ' ', '+' or '~'
  std::string path;
  Node value;
};

Override parse(const std::string& text, Complaints& complaints) {
  Override made;
  std::string rest = text;
  if (!rest.empty() && (rest[0] == '+' || rest[0] == '~')) {
    made.sign = rest[0];
    rest.erase(0, 1);
  }
  const auto equals = rest.find('=');
  made.path = rest.substr(0, equals);
  const bool removes = made.sign == '~';
  if (made.path.empty() || removes != (equals == std::string::npos) || made.path.front() == '.' ||
      made.path.back() == '.' || made.path.find("..") != std::string::npos)
    complaints.add({kCommandLine, 1, 1},
                   "`" + text + "` is no override: path=value, +path=value or ~path is needed");
  else if (!removes)
    made.value = equals + 1 == rest.size()
                     ? Node{}
                     : read_yaml(rest.substr(equals + 1), kCommandLine,
                                 static_cast<int>(text.size() - rest.size() + equals + 1));
  if (made.value.at.line == 0) made.value.at = {kCommandLine, 1, 1};
  return made;
}

// The parent of the last step and that step's name.
std::pair<Node*, std::string> locate(Node& root, const std::string& path) {
  Node* here = &root;
  std::string rest = path;
  for (auto dot = rest.find('.'); here != nullptr && dot != std::string::npos;
       dot = rest.find('.')) {
    here = here->is_map() ? here->find(rest.substr(0, dot)) : nullptr;
    rest = rest.substr(dot + 1);
  }
  return {here, rest};
}

void apply(Node& root, const Override& one, Complaints& complaints) {
  const Location at{kCommandLine, 1, 1};
  const auto [parent, name] = locate(root, one.path);
  const bool there = parent != nullptr && parent->is_map() && parent->find(name) != nullptr;
  if (one.sign == '~') {
    if (there) return parent->erase(name);
    const auto near = parent != nullptr ? nearest(name, parent->keys()) : "";
    return complaints.add(at, "there is no `" + one.path + "` to remove" +
                                  (near.empty() ? "" : "; did you mean `" + near + "`?"));
  }
  if (one.sign == '+' && there)
    return complaints.add(at,
                          "`" + one.path + "` is there already: without the `+` it is replaced");
  assign(root, one.path, one.value);
}

}  // namespace

void assign(Node& root, const std::string& path, Node value) {
  Node* here = &root;
  std::string rest = path;
  for (auto dot = rest.find('.'); dot != std::string::npos; dot = rest.find('.')) {
    const auto step = rest.substr(0, dot);
    Node* next = here->find(step);
    if (next == nullptr || !(next->is_map() || next->is_scalar())) {
      Node empty;
      empty.kind = Node::Kind::kMap;
      empty.at = value.at;
      next = &here->set(step, std::move(empty));
    } else if (next->is_scalar()) {  // `optimizer: sgd` is short for {use: sgd}
      Node map;
      map.kind = Node::Kind::kMap;
      map.at = next->at;
      map.set("use", *next);
      *next = std::move(map);
    }
    here = next;
    rest = rest.substr(dot + 1);
  }
  const Node* before = here->find(rest);
  if (rest == "use" && before != nullptr &&
      before->text != value.text)  // another component: begin anew
    std::erase_if(here->entries,
                  [](const MapEntry& entry) { return entry.value.at.file != kCommandLine; });
  here->set(rest, std::move(value));
}

Node compose(const fs::path& file, const std::vector<std::string>& overrides) {
  std::vector<fs::path> open;
  Node root = read_with_includes(file, open);
  Complaints complaints;
  for (const auto& text : overrides) {
    try {
      apply(root, parse(text, complaints), complaints);
    } catch (const ManifestErrors& errors) {
      for (const auto& one : errors.all()) complaints.add(one.at, one.message);
    }
  }
  complaints.throw_if_any();
  return root;
}

}  // namespace assay
