// plugin list, check, test, new, quarantine, release.
#include <fmt/core.h>

#include <filesystem>
#include <map>

#include "assay/error.h"
#include "runner/catalog/load.h"
#include "runner/catalog/quarantine.h"
#include "runner/cli/components.h"
#include "runner/cli/experiments.h"
#include "runner/cli/plugin_new.h"
#include "runner/cli/plugin_test.h"

namespace fs = std::filesystem;

namespace assay::cli {
namespace {

struct File {
  std::string build;
  Strings components;  // kind/name
};

Json json_of(const Quarantine& quarantine) {
  auto all = Json::array();
  for (const auto& one : quarantine.all())
    all.push_back({{"file", one.file},
                   {"reason", one.reason},
                   {"since", one.since},
                   {"components", one.components}});
  return all;
}

// As the catalog names it: the folder without symbolic links, the file as it is called there.
fs::path file_of(const std::string& word) {
  std::error_code none;
  const auto whole = fs::absolute(word).lexically_normal();
  const auto folder = fs::canonical(whole.parent_path(), none);
  if (none || fs::symlink_status(whole, none).type() == fs::file_type::not_found)
    throw Error(ErrorKind::kPlugin, word + ": no such file");
  return folder / whole.filename();
}

int list(const Call& call) {
  call.expect_words(1, 1, "no arguments after `list`");
  const Catalog catalog = catalog_of(call);
  std::map<std::string, File> files;
  for (const auto& one : catalog.components) {
    files[one.plugin].build = one.build;
    files[one.plugin].components.push_back(one.kind + "/" + one.name);
  }
  auto json = Json::array();
  for (const auto& [path, file] : files)
    json.push_back({{"file", path}, {"build", file.build}, {"components", file.components}});
  const Quarantine quarantine;
  if (call.json) {
    print_json(call, {{"plugins", json},
                      {"refused", to_json(catalog.refused)},
                      {"quarantined", json_of(quarantine)}});
    return kOk;
  }
  for (const auto& [path, file] : files) {
    fmt::print("{}  {}", path, file.build.substr(0, 12));
    for (const auto& name : file.components) fmt::print("  {}", name);
    fmt::print("\n");
  }
  const bool color = colored(call, stdout);
  for (const auto& one : catalog.refused)
    if (!one.quarantined) fmt::print("{} {}\n", paint("refused", kRed, color), one.reason);
  for (const auto& one : quarantine.all())
    fmt::print("{} {}\n", paint("quarantined", kRed, color), one.sentence());
  return kOk;
}

std::vector<fs::path> files_of(const Call& call, const std::string& what) {
  call.expect_words(2, SIZE_MAX, "`" + what + "` and plugin files");
  std::vector<fs::path> files;
  for (auto it = call.words.begin() + 1; it != call.words.end(); ++it)
    files.push_back(file_of(*it));
  return files;
}

int check(const Call& call) {
  const auto files = files_of(call, "check");
  int code = kOk;
  auto json = Json::array();
  for (const auto& answer : check_plugins(files)) {
    json.push_back(to_json(answer));
    if (!answer.refused.empty()) {
      code = kPlugin;
      fmt::print(stderr, "{}\n", answer.refused);
    } else if (!call.json) {
      fmt::print("ok: {}", answer.file);
      for (const auto& one : answer.components) fmt::print("  {}/{}", one.kind, one.name);
      fmt::print("\n");
    }
  }
  if (call.json) print_json(call, {{"ok", code == kOk}, {"plugins", json}});
  return code;
}

int make(const Call& call) {
  call.expect_words(3, 3, "`new`, a kind and a name");
  if (const auto catalog = catalog_of(call);
      const auto* other = catalog.find(call.words[1], call.words[2]))
    throw Error(ErrorKind::kPlugin,
                fmt::format("{} `{}` is registered by {} already, and one of the two would not be "
                            "used: choose another name",
                            other->kind, other->name, other->plugin));
  const auto made =
      new_plugin({call.words[1], call.words[2], call.text("topic"), call.text("dir")});
  if (call.json) {
    print_json(call, {{"files", made.files}, {"next", made.next}});
    return kOk;
  }
  for (const auto& file : made.files) fmt::print("{}\n", file);
  note(call, "next:\n" + made.next);
  return kOk;
}

int say(const Call& call, const Quarantine& quarantine, const std::string& sentence) {
  if (call.json)
    print_json(call, {{"quarantined", json_of(quarantine)}});
  else
    fmt::print("{}\n", sentence);
  return kOk;
}

int put_into_quarantine(const Call& call) {
  call.expect_words(2, 2, "`quarantine` and a plugin file");
  const auto file = file_of(call.words[1]);
  Quarantine quarantine;
  if (!quarantine.find(file))
    quarantine.put(file, call.text("reason"), last_known_components(file));
  return say(call, quarantine, quarantine.find(file)->sentence());
}

int release(const Call& call) {
  call.expect_words(2, 2, "`release` and a plugin file");
  const auto file = file_of(call.words[1]);
  Quarantine quarantine;
  if (!quarantine.release(file))
    throw Error(ErrorKind::kPlugin,
                file.string() +
                    ": is not in quarantine; `assay plugin list` lists the quarantined plugins");
  return say(call, quarantine, file.string() + " may be used again");
}

int run_plugin(const Call& call) {
  const std::string what = call.words.empty() ? "" : call.words[0];
  if (what == "list") return list(call);
  if (what == "check") return check(call);
  if (what == "test") return test_plugins(call, files_of(call, "test"));
  if (what == "new") return make(call);
  if (what == "quarantine") return put_into_quarantine(call);
  if (what == "release") return release(call);
  const auto near = nearest(what, {"list", "new", "check", "test", "quarantine", "release"});
  throw UsageError(
      fmt::format("`assay plugin` takes list, new, check, test, quarantine or release{}",
                  near.empty() ? "" : fmt::format("; did you mean `{}`?", near)));
}

void add_plugin_flags(boost::program_options::options_description& flags) {
  flags.add_options()(
      "dir", boost::program_options::value<std::string>()->default_value("."),
      "folder that `new` writes to: a checkout of Assay, or the folder of a separate project");
  flags.add_options()(
      "topic", boost::program_options::value<std::string>()->default_value("")->value_name("NAME"),
      "for `new` in a checkout: folder below plugins/, such as sharpness, or a new one");
  flags.add_options()("reason",
                      boost::program_options::value<std::string>()
                          ->default_value("put there by hand")
                          ->value_name("TEXT"),
                      "reason that `quarantine` records");
}

}  // namespace

const Verb kPluginVerb{
    "plugin",
    "List, check, test, create, quarantine and release plugins.",
    "list | check FILE... | test FILE... | new KIND NAME | quarantine FILE | release FILE",
    "  assay plugin list\n"
    "  assay plugin check build/plugins/lion.so     can it be loaded?\n"
    "  assay plugin test build/plugins/lion.so      do its components keep what they owe?\n"
    "  assay plugin quarantine build/plugins/lion.so --reason 'NaN since Monday'\n"
    "  assay plugin release build/plugins/lion.so\n"
    "  assay plugin new optimizer lion --topic standard   in a checkout: adds code, manifest, "
    "test\n"
    "  assay plugin new model tower --dir ~/tower         outside a checkout: a separate project\n",
    run_plugin,
    add_plugin_flags};

}  // namespace assay::cli
