// ${a.b}: what stands at a.b of the same manifest.
#include <optional>
#include <set>

#include <fmt/format.h>

#include "assay/schema.h"
#include "runner/manifest/compose.h"

namespace assay {
namespace {

// What all references together may stand for, in values and in bytes of text: as much as a manifest
// may have.
constexpr std::size_t kMostValues = 10000, kMostText = 1 << 20;

std::size_t text_in(const Node& node) {
  std::size_t bytes = node.text.size();
  for (const auto& item : node.items) bytes += text_in(item);
  for (const auto& entry : node.entries) bytes += entry.key.size() + text_in(entry.value);
  return bytes;
}

class Interpolation {
 public:
  Interpolation(const Node& root, Complaints& complaints) : root_(root), complaints_(complaints) {}

  void walk(Node& node, bool top) {
    for (auto& item : node.items) walk(item, false);
    for (auto& entry : node.entries)
      if (!top || entry.key != "sweep") walk(entry.value, false);
    if (node.is_scalar() && node.text.find("${") != std::string::npos) replace(node);
  }

 private:
  static std::string hint_for(const std::string& path, const std::string& near) {
    if (path.starts_with("oc.") || path.starts_with("env"))
      return "; a manifest does not read the environment: override the value on the command line";
    if (path == "seed") return "; write `seed: 0` at the top of the manifest";
    return near.empty() ? "" : "; did you mean `" + near + "`?";
  }

  const Node* look_up(const std::string& path, const Location& at) {
    const Node* here = &root_;
    for (const auto& step : steps_of(path)) {
      const Node* next = here->find(step);
      if (next == nullptr) {
        const auto near = nearest(step, here->keys());
        complaints_.add(at, "`${" + path + "}` does not refer to a value: there is no `" + step +
                                "`" + hint_for(path, near));
      }
      here = next;
      if (here == nullptr) break;
    }
    return here;
  }

  void replace(Node& node) {
    const Location at = node.at;
    std::string text, rest = node.text;
    for (auto start = rest.find("${"); start != std::string::npos; start = rest.find("${")) {
      if (start > 0 && rest[start - 1] == '$') {  // $${ is a literal ${
        text += rest.substr(0, start - 1) + "${";
        rest = rest.substr(start + 2);
        continue;
      }
      const auto end = rest.find('}', start);
      if (end == std::string::npos)
        return complaints_.add(at, "`" + node.text + "` has a `${` without a closing `}`");
      const auto found = value_of(rest.substr(start + 2, end - start - 2), at);
      if (!found) return;
      if (start == 0 && end + 1 == rest.size() && text.empty()) {  // the whole value: type and all
        node = *found;
        node.at = at;
        return;
      }
      if (!found->is_scalar())
        return complaints_.add(
            at, "`" + node.text + "`: " + found->describe() + " cannot be part of a text");
      text += rest.substr(0, start) + found->text;
      rest = rest.substr(end + 1);
    }
    node.text = text + rest;
    node.quoted = true;
  }

  // References within references too: a few lines can stand for millions.
  void count(const Node& node, const Location& at) {
    values_ += node.size();
    text_ += text_in(node);
    if (values_ <= kMostValues && text_ <= kMostText) return;
    complaints_.add(at, fmt::format("the references of this manifest expand to more than {} values "
                                    "or to more than 1 MiB of text: use fewer references",
                                    kMostValues));
    complaints_.throw_if_any();
  }

  std::optional<Node> value_of(const std::string& path, const Location& at) {
    if (!open_.insert(path).second) {
      complaints_.add(at, "`${" + path + "}` refers to itself");
      return std::nullopt;
    }
    const Node* found = path.empty() ? nullptr : look_up(path, at);
    std::optional<Node> copy;
    if (found != nullptr) {
      count(*found, at);
      copy = *found;
      walk(*copy, false);
    } else if (path.empty()) {
      complaints_.add(at, "`${}` is empty: write a path, such as ${model.width}");
    }
    open_.erase(path);
    return copy;
  }

  const Node& root_;
  Complaints& complaints_;
  std::set<std::string> open_;
  std::size_t values_ = 0, text_ = 0;
};

}  // namespace

void interpolate(Node& root, Complaints& complaints) {
  const Node before = root;
  Interpolation(before, complaints).walk(root, true);
}

void interpolate(Node& part, const Node& root, Complaints& complaints) {
  Interpolation(root, complaints).walk(part, false);
}

}  // namespace assay
