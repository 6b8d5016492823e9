// A tree as YAML.
#include <yaml-cpp/emitter.h>

#include "runner/manifest/tree.h"

namespace assay {
namespace {

void write(const Node& node, YAML::Emitter& out) {
  switch (node.kind) {
    case Node::Kind::kNull:
      out << YAML::Null;
      break;
    case Node::Kind::kScalar:
      if (node.quoted) out << YAML::DoubleQuoted;
      out << node.text;
      break;
    case Node::Kind::kMap:
      out << YAML::BeginMap;
      for (const auto& entry : node.entries) {
        out << YAML::Key << entry.key << YAML::Value;
        write(entry.value, out);
      }
      out << YAML::EndMap;
      break;
    case Node::Kind::kList:
      out << YAML::Flow << YAML::BeginSeq;
      for (const auto& item : node.items) write(item, out);
      out << YAML::EndSeq;
      break;
  }
}

}  // namespace

std::string write_yaml(const Node& root) {
  YAML::Emitter out;
  write(root, out);
  return std::string(out.c_str(), out.size()) + "\n";
}

}  // namespace assay
