// A catalog made by hand and a folder of manifests: what a manifest means, without any plugin.
#pragma once

#include "runner/manifest/manifest.h"
#include "tests/support/shell.h"

namespace assay::testing {

inline Catalog toy_catalog() {
  const auto real = [](const char* name, double value) {
    return FieldInfo{name, Type::kReal, Value{value}, above(0), "A number.", "", false};
  };
  const auto integer = [](const char* name, std::int64_t value) {
    return FieldInfo{name, Type::kInteger, Value{value}, at_least(0), "A count.", "", false};
  };
  const auto component = [](const char* name, const char* use) {
    return FieldInfo{name, Type::kComponent, Value{Spec{use, {}}}, {}, "A part.", "optimizer",
                     false};
  };
  const FieldInfo file{"file", Type::kPath, Value{std::string()}, {}, "A file.", "", false};
  const FieldInfo hidden{
      "hidden", Type::kIntegers, Value{Integers{128}}, at_least(1), "Widths.", "", false};
  const FieldInfo bases{"bases",  Type::kComponents, Value{Specs{}}, {},
                        "Parts.", "optimizer",       false};
  Catalog catalog;
  catalog.components = {
      {"dataset", "toy", "Toy.", "/p/toy.so", "b-toy", {integer("size", 10), file}, {}},
      {"model", "mlp", "Mlp.", "/p/mlp.so", "b-mlp", {hidden}, {}},
      {"objective", "ce", "Ce.", "/p/ce.so", "b-ce", {}, {}},
      {"optimizer",
       "adamw",
       "Adamw.",
       "/p/adamw.so",
       "b-adamw",
       {real("lr", 0.001), real("eps", 1e-8)},
       {}},
      {"optimizer", "mixed", "Mixed.", "/p/mixed.so", "b-mixed", {bases}, {}},
      {"optimizer",
       "sam",
       "Sam.",
       "/p/sam.so",
       "b-sam",
       {real("rho", 0.05), component("base", "sgd")},
       {}},
      {"optimizer",
       "sgd",
       "Sgd.",
       "/p/sgd.so",
       "b-sgd",
       {real("lr", 0.1), real("momentum", 0.9)},
       {}},
      {"procedure", "evaluate", "Evaluate.", "/p/evaluate.so", "b-ev", {}, {"model", "dataset"}},
      {"procedure",
       "train",
       "Train.",
       "/p/train.so",
       "b-train",
       {integer("steps", 5)},
       {"model", "dataset", "objective", "optimizer"}},
  };
  return catalog;
}

/// The five kinds; tests write their own lines below it.
inline const std::string kBase =
    "assay: 1\nname: t\ndataset: toy\nmodel: mlp\nobjective: ce\noptimizer: {use: sgd, lr: "
    "0.1}\nprocedure: train\n";

struct Desk {
  Folder folder;
  Catalog catalog = toy_catalog();

  Experiment read(const std::string& text, const std::vector<std::string>& overrides = {}) {
    return read_experiment(folder.write("m.yaml", text), overrides, catalog);
  }
  /// Of the only stage of the only trial.
  Stage stage(const std::string& text, const std::vector<std::string>& overrides = {}) {
    return read(text, overrides).trials.at(0).stages.at(0);
  }
  std::string id(const std::string& text, const std::vector<std::string>& overrides = {}) {
    return read(text, overrides).trials.at(0).id;
  }
  /// The first mistake of a manifest, or "".
  std::string mistake(const std::string& text, const std::vector<std::string>& overrides = {}) {
    try {
      read(text, overrides);
    } catch (const ManifestErrors& errors) {
      return errors.all().at(0).text();
    }
    return "";
  }
};

inline double real(const Spec& spec, const std::string& name) {
  return std::get<double>(spec.params.at(name));
}

}  // namespace assay::testing
