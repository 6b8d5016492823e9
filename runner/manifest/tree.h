// The manifest as a tree of our own: every node, and every key, knows where it was written.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assay/value.h"
#include "runner/manifest/diagnostics.h"

namespace assay {

inline constexpr const char* kCommandLine = "command line";  // Location::file of an override, whose
                                                             // line is its number, from 1

struct MapEntry;

struct Node {
  enum class Kind { kNull, kScalar, kMap, kList };
  Kind kind = Kind::kNull;
  Location at;
  std::string text;               // of a scalar
  bool quoted = false;            // a quoted scalar is a string, whatever it looks like
  std::vector<MapEntry> entries;  // of a map, in order
  std::vector<Node> items;        // of a list

  bool is_map() const { return kind == Kind::kMap; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_scalar() const { return kind == Kind::kScalar; }

  // The key of an item of a list is its index.
  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
  Node& set(std::string_view key, Node value);  // replaces, or adds at the end
  void erase(std::string_view key);
  Strings keys() const;
  std::size_t size() const;  // values in it, itself among them

  /// "a list", "the text `x`", "the number 3", ... for messages.
  std::string describe() const;
};

/// The index that `step` is in a list of `count` items; none for another text or one past the end.
std::optional<std::size_t> index_in(std::string_view step, std::size_t count);

/// The steps of a dotted path, of which there are at most kMaxSteps in one that is accepted.
inline constexpr std::size_t kMaxSteps = 16;
Strings steps_of(std::string_view path);
/// What stands at `steps` below `root`, or null.
const Node* find(const Node& root, std::span<const std::string> steps);
Node* find(Node& root, std::span<const std::string> steps);

struct MapEntry {
  std::string key;
  Location at;
  Node value;
};

/// Everything that is wrong, gathered; each complaint once.
class Complaints {
 public:
  /// Throws ManifestErrors with the two hundredth: who made as many reads no further.
  void add(const Location& at, const std::string& message);
  bool empty() const { return all_.empty(); }
  void throw_if_any();  // ManifestErrors, in order of place

 private:
  std::vector<Diagnostic> all_;
};

/// Throws ManifestErrors where `text`, which begins at `at`, is not UTF-8 without NUL, up to 1 MiB.
void check_bytes(std::string_view text, Location at);

/// One YAML document, from yaml-cpp's events, of which the first byte stands at `start`. Throws
/// ManifestErrors.
Node read_yaml(std::string_view text, const Location& start);

std::string write_yaml(const Node& root);

}  // namespace assay
