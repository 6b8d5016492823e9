// The manifest's reader: bytes to a tree, or mistakes that each have a place.
#include <nlohmann/json.hpp>

#include "runner/manifest/tree.h"
#include "tests/fuzz/manifests.h"
#include "tests/fuzz/target.h"

using namespace assay;

namespace {

// The tree as JSON, which YAML can read; every scalar becomes a quoted one.
std::string written(const Node& node) {
  std::string text;
  switch (node.kind) {
    case Node::Kind::kNull:
      return "null";
    case Node::Kind::kScalar:
      return nlohmann::json(node.text).dump();
    case Node::Kind::kList:
      for (const auto& item : node.items) text += (text.empty() ? "" : ", ") + written(item);
      return "[" + text + "]";
    case Node::Kind::kMap:
      for (const auto& entry : node.entries)
        text += (text.empty() ? "" : ", ") + nlohmann::json(entry.key).dump() + ": " +
                written(entry.value);
      return "{" + text + "}";
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzzing::answer(size, [&] {
    try {
      const auto text = written(read_yaml(fuzzing::text_of(data, size), {"m.yaml", 1, 1}));
      fuzzing::require(written(read_yaml(text, {"again.yaml", 1, 1})) == text,
                       "what is read, written and read again is the same");
    } catch (const ManifestErrors& errors) {
      fuzzing::check_places(errors);
    }
  });
}
