// Templates are C++ raw strings in files of their own, so they are part of the program.
#include "runner/cli/plugin_new.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <vector>

#include "assay/error.h"
#include "assay/schema.h"
#include "runner/files/file_system.h"

namespace fs = std::filesystem;

namespace assay::cli {
namespace {

struct Template {
  const char* code;
  const char* smoke;  // its part of the manifest
  const char* test;
};

constexpr Template kOptimizer{
#include "runner/cli/templates/optimizer.cpp.in"
    ,
#include "runner/cli/templates/optimizer.yaml.in"
    ,
#include "runner/cli/templates/optimizer_test.cpp.in"
};
constexpr Template kModel{
#include "runner/cli/templates/model.cpp.in"
    ,
#include "runner/cli/templates/model.yaml.in"
    ,
#include "runner/cli/templates/model_test.cpp.in"
};
constexpr Template kObjective{
#include "runner/cli/templates/objective.cpp.in"
    ,
#include "runner/cli/templates/objective.yaml.in"
    ,
#include "runner/cli/templates/objective_test.cpp.in"
};
constexpr Template kDataset{
#include "runner/cli/templates/dataset.cpp.in"
    ,
#include "runner/cli/templates/dataset.yaml.in"
    ,
#include "runner/cli/templates/dataset_test.cpp.in"
};
constexpr Template kProcedure{
#include "runner/cli/templates/procedure.cpp.in"
    ,
#include "runner/cli/templates/procedure.yaml.in"
    ,
#include "runner/cli/templates/procedure_test.cpp.in"
};
constexpr Template kTransform{
#include "runner/cli/templates/transform.cpp.in"
    ,
#include "runner/cli/templates/transform.yaml.in"
    ,
#include "runner/cli/templates/transform_test.cpp.in"
};
constexpr Template kMetric{
#include "runner/cli/templates/metric.cpp.in"
    ,
#include "runner/cli/templates/metric.yaml.in"
    ,
#include "runner/cli/templates/metric_test.cpp.in"
};
constexpr Template kPredictor{
#include "runner/cli/templates/predictor.cpp.in"
    ,
#include "runner/cli/templates/predictor.yaml.in"
    ,
#include "runner/cli/templates/predictor_test.cpp.in"
};
constexpr Template kCallback{
#include "runner/cli/templates/callback.cpp.in"
    ,
#include "runner/cli/templates/callback.yaml.in"
    ,
#include "runner/cli/templates/callback_test.cpp.in"
};

const std::map<std::string, Template>& templates() {
  static const std::map<std::string, Template> all{
      {"optimizer", kOptimizer}, {"model", kModel},         {"objective", kObjective},
      {"dataset", kDataset},     {"procedure", kProcedure}, {"transform", kTransform},
      {"metric", kMetric},       {"predictor", kPredictor}, {"callback", kCallback}};
  return all;
}

constexpr const char* kProject = R"(cmake_minimum_required(VERSION 3.25)
project(@name@ LANGUAGES CXX)
find_package(assay REQUIRED)
assay_add_plugin(@name@)
)";

// Of a manifest two folders below a checkout's top.
constexpr const char* kEditorLine =
    "# yaml-language-server: $schema=../../docs/schema/manifest.json\n";

constexpr const char* kReadme = R"(# @name@

What the method is, whose it is, and what was measured with it.

    assay describe @kind@/@name@@plugins@
    assay run @manifest@@plugins@
)";

const Template& template_of(const std::string& kind) {
  const auto it = templates().find(kind);
  if (it != templates().end()) return it->second;
  Strings kinds;
  for (const auto& [known, one] : templates()) kinds.push_back(known);
  const auto near = nearest(kind, kinds);
  throw Error(ErrorKind::kPlugin,
              fmt::format("there is no template for the kind `{}`; kinds with one are {}{}", kind,
                          listed(kinds), near.empty() ? "" : "; did you mean `" + near + "`?"));
}

bool is_name(const std::string& name) {
  bool good = !name.empty() && name[0] >= 'a' && name[0] <= 'z';
  for (const char c : name)
    good = good && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
  return good;
}

void check_name(const std::string& name) {
  if (!is_name(name))
    throw Error(ErrorKind::kPlugin, fmt::format("`{}` is not a valid name: use lower-case letters, "
                                                "digits and _, and begin with a letter",
                                                name));
}

// Plugins are found by name alone, and `shared` holds code that the plugins of a topic share.
void check_unused(const NewPlugin& wanted) {
  if (wanted.name == "shared")
    throw Error(ErrorKind::kPlugin,
                "`shared` is the folder of code that plugins of one topic share; choose another "
                "name");
  for (const auto& topic : fs::directory_iterator(wanted.dir / "plugins"))
    if (topic.is_directory() && fs::exists(topic.path() / wanted.name))
      throw Error(ErrorKind::kIo,
                  fmt::format("{} already exists; choose another name, or remove it",
                              (topic.path() / wanted.name).string()));
}

// In a checkout a plugin has a topic, a new one or one of those in plugins/; alone it has none.
void check_topic(const NewPlugin& wanted, bool checkout) {
  const std::string& topic = wanted.topic;
  if (!checkout && !topic.empty())
    throw Error(ErrorKind::kPlugin,
                fmt::format("--topic {} needs a checkout of Assay, and {} is not one; leave "
                            "--topic out, or pass a checkout with --dir",
                            topic, wanted.dir.string()));
  if (!checkout) return;
  if (is_name(topic)) return check_unused(wanted);
  Strings topics;
  for (const auto& entry : fs::directory_iterator(wanted.dir / "plugins"))
    if (entry.is_directory()) topics.push_back(entry.path().filename().string());
  std::sort(topics.begin(), topics.end());
  throw Error(
      ErrorKind::kPlugin,
      topic.empty()
          ? fmt::format("a plugin of a checkout belongs to a topic: add --topic NAME; existing "
                        "topics: {}",
                        topics.empty() ? "none" : fmt::format("{}", fmt::join(topics, ", ")))
          : fmt::format(
                "`{}` is not a valid topic: use lower-case letters, digits and _, and begin "
                "with a letter",
                topic));
}

// weight_decay -> WeightDecay
std::string class_of(const std::string& name) {
  std::string text;
  bool start = true;
  for (const char c : name) {
    if (c != '_')
      text += start ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    start = c == '_';
  }
  return text;
}

std::string filled(std::string text, const std::map<std::string, std::string>& values) {
  for (const auto& [key, value] : values)
    for (auto at = text.find(key); at != std::string::npos; at = text.find(key, at + value.size()))
      text.replace(at, key.size(), value);
  return text;
}

// The package this program was installed with, or what puts one in place.
std::string configure_line() {
  const fs::path program = fs::read_symlink("/proc/self/exe"),
                 prefix = program.parent_path().parent_path();
  const std::string cmake = "  cmake -S . -B build -G Ninja -DCMAKE_PREFIX_PATH=";
  if (fs::exists(prefix / ASSAY_LIBDIR / "cmake" / "assay")) return cmake + prefix.string();
  return fmt::format("  cmake --install {} --prefix ~/.local\n{}$HOME/.local", prefix.string(),
                     cmake);
}

using Texts = std::vector<std::pair<fs::path, std::string>>;

// Looked at first: half a plugin would be worse than none.
Strings write(const Texts& texts) {
  for (const auto& [file, text] : texts)
    if (fs::exists(file))
      throw Error(ErrorKind::kIo,
                  fmt::format("{} already exists; choose another folder, or add "
                              "`assay_add_plugin(NAME NAME.cpp)` to a project that is there",
                              file.string()));
  Strings files;
  for (const auto& [file, text] : texts) {
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    if (error)
      throw Error(ErrorKind::kIo, fmt::format("cannot create the folder {}: {}",
                                              file.parent_path().string(), error.message()));
    write_atomically(file, text);
    files.push_back(file.string());
  }
  return files;
}

}  // namespace

Made new_plugin(const NewPlugin& wanted) {
  const std::string &kind = wanted.kind, &name = wanted.name, &topic = wanted.topic;
  const Template& from = template_of(kind);
  check_name(name);
  const bool checkout = fs::exists(wanted.dir / "plugins" / "CMakeLists.txt");
  check_topic(wanted, checkout);
  const fs::path where = wanted.dir.lexically_normal();
  const std::string manifest =
      checkout ? "experiments/" + topic + "/" + name + ".yaml" : "smoke.yaml";
  const auto fill = [&](const std::string& text) {
    return filled(text, {{"@name@", name},
                         {"@Name@", class_of(name)},
                         {"@kind@", kind},
                         {"@manifest@", manifest},
                         {"@plugins@", checkout ? "" : " --plugins build/plugins"}});
  };
  const fs::path folder = checkout ? where / "plugins" / topic / name : where;
  Texts texts{
      {folder / "CMakeLists.txt", checkout ? fill("assay_add_plugin(@name@)\n") : fill(kProject)},
      {folder / (name + ".cpp"), fill(from.code)},
      {folder / "README.md", fill(kReadme)},
      {where / manifest, (checkout ? kEditorLine : "") + fill(from.smoke)}};
  if (checkout)
    texts.emplace_back(where / "tests" / "plugins" / topic / (name + "_test.cpp"), fill(from.test));
  Made made;
  made.files = write(texts);
  if (where != ".") made.next = fmt::format("  cd {}\n", where.string());
  made.next += checkout
                   ? fill("  cmake --build build/release\n  assay run @manifest@")
                   : configure_line() +
                         "\n  cmake --build build\n  assay run smoke.yaml --plugins build/plugins";
  return made;
}

}  // namespace assay::cli
