// Boost.Program_options with guessing off: an abbreviated flag would change its meaning when a new
// one is added.
#include "runner/cli/options.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <sstream>

#include "assay/schema.h"

namespace po = boost::program_options;

namespace assay::cli {
namespace {

// A flag that is on if it is there. It takes `=false` too, for a variable of the environment that
// sets it; --help does not name that value.
class Switch final : public po::typed_value<bool> {
 public:
  Switch() : typed_value(nullptr) {
    default_value(false);
    implicit_value(true);
  }
  std::string name() const override { return ""; }
};

constexpr int kStyle = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;

po::options_description shared_flags() {
  po::options_description flags("Flags of every verb");
  auto add = flags.add_options();
  add("help,h", "print examples and flags");
  add("json", on_or_off(), "print one JSON object to standard output");
  add("runs", po::value<std::string>()->default_value("runs")->value_name("DIR"),
      "folder of all experiments and their run folders");
  add("plugins", po::value<Strings>()->composing()->value_name("DIR"),
      "folder of plugins, searched before all others; repeatable");
  add("safe-mode", on_or_off(),
      "load only the plugins that belong to this assay; ignore --plugins, ASSAY_PLUGINS, "
      "ASSAY_PLUGIN_PATH and ~/.local/share/assay/plugins");
  add("jobs,j", po::value<int>()->default_value(0)->value_name("N"),
      "worker processes at a time; 0: limits.workers of the manifest, or else one per core");
  add("color", po::value<std::string>()->default_value("auto")->value_name("WHEN"),
      "colored output: auto, always or never");
  add("quiet,q", on_or_off(), "print only errors and results");
  return flags;
}

std::string upper(std::string text) {
  for (char& c : text)
    c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

Strings long_names(const po::options_description& flags) {
  Strings names;
  for (const auto& option : flags.options()) names.push_back(option->long_name());
  return names;
}

[[noreturn]] void unknown_flag(const std::string& given, const po::options_description& flags,
                               const std::string& verb) {
  const auto bare = given.substr(std::min(given.find_first_not_of('-'), given.size()));
  const auto equals = bare.find('=');
  if (equals != std::string::npos && bare.substr(0, equals).find('.') != std::string::npos)
    throw UsageError(
        fmt::format("`assay {}` has no flag {}; an override is written without dashes: "
                    "{}",
                    verb, given, bare));
  const auto near = nearest(bare, long_names(flags));
  throw UsageError(fmt::format("`assay {}` has no flag {}{}", verb, given,
                               near.empty() ? fmt::format("; see `assay {} --help`", verb)
                                            : fmt::format("; did you mean --{}?", near)));
}

// Boost gives a switch the word after it for its value; `=true` says that it has one already.
Strings with_values(Strings argv, const po::options_description& flags) {
  for (auto& word : argv) {
    if (word == "--") break;
    const bool is_long = word.starts_with("--");
    if (!is_long && (word.size() != 2 || word[0] != '-')) continue;
    const auto* option = flags.find_nothrow(is_long ? word.substr(2) : word, false);
    if (option == nullptr || option->semantic()->min_tokens() > 0) continue;
    if (option->semantic()->max_tokens() > 0) word = "--" + option->long_name() + "=true";
  }
  return argv;
}

// Where what was given holds one of Boost's placeholders, such as %value%, its sentence would be
// put together for ever.
std::string reason(const po::error& error, const Strings& given) {
  const bool may_loop = std::any_of(given.begin(), given.end(), [](const std::string& word) {
    return word.find('%') != std::string::npos;
  });
  return may_loop ? "a flag or the value of a flag cannot be read" : error.what();
}

void store_words(const Strings& argv, const po::options_description& flags, const std::string& verb,
                 po::variables_map& map) try {
  po::options_description all;
  all.add(flags).add_options()("words", po::value<Strings>());
  po::positional_options_description words;
  words.add("words", -1);
  po::store(po::command_line_parser(with_values(argv, flags))
                .options(all)
                .positional(words)
                .style(kStyle)
                .run(),
            map);
} catch (const po::unknown_option& error) {
  unknown_flag(error.get_option_name(), flags, verb);
} catch (const po::error& error) {
  throw UsageError(fmt::format("{}; see `assay {} --help`", reason(error, argv), verb));
}

// ASSAY_PLUGINS holds several folders, as PATH does.
std::string joined_plugins(const std::string& value, Strings& plugins) {
  std::istringstream in(value);
  for (std::string folder; std::getline(in, folder, ':');)
    if (!folder.empty()) plugins.push_back(folder);
  return "";
}

void store_environment(const po::options_description& flags, po::variables_map& map,
                       Strings& plugins) {
  for (const auto& name : long_names(flags)) {
    // Where data was moved to belongs to one call, and ASSAY_DATA names the data of the tests.
    if (name == "help" || name == "data") continue;
    const std::string variable = "ASSAY_" + upper(name);
    const char* value = std::getenv(variable.c_str());
    if (value == nullptr || *value == '\0') continue;
    if (name == "plugins") {
      joined_plugins(value, plugins);
      continue;
    }
    try {
      po::store(po::command_line_parser(Strings{"--" + name + "=" + value})
                    .options(flags)
                    .style(kStyle)
                    .run(),
                map);
    } catch (const po::error& error) {
      throw UsageError(
          fmt::format("{}={} in the environment: {}", variable, value, reason(error, {value})));
    }
  }
}

Color color_of(const std::string& word) {
  if (word == "auto") return Color::kAuto;
  if (word == "always") return Color::kAlways;
  if (word == "never") return Color::kNever;
  throw UsageError(fmt::format("--color is `{}`, expected auto, always or never", word));
}

}  // namespace

po::value_semantic* on_or_off() {
  return new Switch;  // Program_options deletes it
}

po::options_description flags_of(const Verb& verb) {
  po::options_description all, own(fmt::format("Flags of {}", verb.name));
  if (verb.add_flags != nullptr) {
    verb.add_flags(own);
    all.add(own);
  }
  all.add(shared_flags());
  return all;
}

Call parse(const Verb& verb, const Strings& argv, bool& help) {
  const auto flags = flags_of(verb);
  Call call;
  call.verb = verb.name;
  store_words(argv, flags, verb.name, call.own);
  help = call.own.contains("help");
  if (help) return call;
  Strings from_environment;
  store_environment(flags, call.own, from_environment);
  const auto& map = call.own;
  call.json = map["json"].as<bool>();
  call.quiet = map["quiet"].as<bool>();
  call.safe_mode = map["safe-mode"].as<bool>();
  call.runs = map["runs"].as<std::string>();
  call.jobs = map["jobs"].as<int>();
  call.color = color_of(map["color"].as<std::string>());
  if (call.jobs < 0) throw UsageError("-j is negative, expected a number of workers, 0 or more");
  if (map.contains("plugins")) call.plugins = map["plugins"].as<Strings>();
  call.plugins.insert(call.plugins.end(), from_environment.begin(), from_environment.end());
  if (map.contains("words")) call.words = map["words"].as<Strings>();
  return call;
}

std::string help_of(const Verb& verb) {
  std::ostringstream flags;
  flags << flags_of(verb);
  return fmt::format(
      "Examples:\n{}\n{}\n\nUsage: assay {} {}\n{}\nA flag --some-name can also be set "
      "by the environment variable ASSAY_SOME_NAME, such as ASSAY_RUNS.\n"
      "A flag that is on or off takes =false too.\n",
      verb.examples, verb.summary, verb.name, verb.words, flags.str());
}

void Call::expect_words(std::size_t least, std::size_t most, const std::string& what) const {
  if (words.size() >= least && words.size() <= most) return;
  throw UsageError(fmt::format("`assay {}` takes {}; see `assay {} --help`", verb, what, verb));
}

}  // namespace assay::cli
