// Check: a tree against the schemas of the catalog; what comes out is typed and complete.
#pragma once

#include <optional>
#include <string>

#include "runner/manifest/tree.h"
#include "runner/manifest/trial.h"

namespace assay {

/// Components and their parameters. Every mistake goes to the complaints; what is returned then is
/// of no use.
class Checker {
 public:
  Checker(const Catalog& catalog, Complaints& complaints)
      : catalog_(catalog), complaints_(complaints) {}

  /// A component of `kind` with every default filled in; `usual` is the `use` that a complaint of a
  /// map without one proposes.
  Spec component(const Node& node, const std::string& kind, const std::string& usual = "");

  std::optional<std::int64_t> integer(const Node& node, const std::string& key, std::int64_t low);
  std::optional<std::string> word(const Node& node, const std::string& key);
  std::optional<bool> flag(const Node& node, const std::string& key);
  Strings words(const Node& node, const std::string& key);
  /// The absolute path of a file or folder that must exist; `doc` ends the complaint.
  std::optional<std::string> file(const Node& node, const std::string& key, const std::string& doc);

  /// Complains of a node that is no map.
  bool expect_map(const Node& node, const std::string& key);
  /// Complains of every key of `map` that is not in `accepted`.
  void keys(const Node& map, const Strings& accepted, const std::string& where);

  const Catalog& catalog() const { return catalog_; }
  Complaints& complaints() { return complaints_; }

 private:
  static constexpr int kDeepest = 16;       // components within components
  static constexpr int kMostWithin = 1000;  // components within one of a stage

  void fields(const Node* map, const ComponentInfo& info, const Location& at, Spec& spec);
  std::optional<Value> value(const Node& node, const FieldInfo& field);
  std::optional<Value> scalar(const Node& node, const FieldInfo& field);
  std::optional<Value> list(const Node& node, const FieldInfo& field);
  std::optional<Value> path(const Node& node, const FieldInfo& field);
  Value default_of(const FieldInfo& field, const Location& at);
  std::string few_names(const std::string& kind) const;
  void check_rows_differ(const Strings& rows, const Location& at);
  void check_row_names(const Node* map, const ComponentInfo& info, const Strings& rows);
  void wrong(const Node& node, const FieldInfo& field);

  const Catalog& catalog_;
  Complaints& complaints_;
  int depth_ = 0;   // of the component that is being read
  int within_ = 0;  // components read within the outermost one
};

/// What the metrics in the lists of a component may give, as ComponentInfo::rows.
Strings rows_of(const Spec& spec, const ComponentInfo& info, const Catalog& catalog);
/// Whether `name` is one of `declared`, rows or artifacts, or begins as one that ends with `*`.
bool is_declared(const std::string& name, const Strings& declared);

/// Keys of the top level that are not components: `name`, `limits`, `report`, ... into `into`.
void check_top(const Node& root, Checker& checker, Experiment& into);

}  // namespace assay
