// Each bad plugin is refused with its sentence, and costs nobody else anything.
#include <unistd.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/shell.h"

using namespace assay::testing;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

fs::path bad_plugins() {
  return fs::path(std::getenv("ASSAY_BUILD")) / "bad_plugins";
}

// What the front end lists of the plugins in the folder's `p`.
std::string listed(const Folder& folder) {
  return shell("cd " + folder.path().string() +
               "; XDG_CACHE_HOME=$PWD XDG_STATE_HOME=$PWD assay list --plugins p --json")
      .out;
}

// Of each file the reason why it is refused, "" for one that is not, and nothing for one without an
// answer. A worker a file, several at once: some take ten seconds to be given up.
std::map<fs::path, std::string> answers(const std::vector<fs::path>& files) {
  const Folder folder;
  std::string words;
  for (const auto& file : files) words += " " + file.string();
  shell("cd " + folder.path().string() + "; printf '%s\\n'" + words +
        " | xargs -P 6 -I{} sh -c 'assay-worker probe $1 >$(basename $1)' - {}");
  std::map<fs::path, std::string> all;
  for (const auto& file : files) {
    const auto json = Json::parse(slurp(folder.path() / file.filename()), nullptr, false);
    if (!json.is_object()) continue;
    CHECK(json.at("file") == file.string());
    all[file] = json.contains("refused") ? json["refused"].get<std::string>() : "";
  }
  return all;
}

std::string answer(const fs::path& file) {
  const auto all = answers({file});
  REQUIRE(all.size() == 1);
  return all.begin()->second;
}

using Expected = std::vector<std::pair<const char*, const char*>>;

void check(const Expected& expected) {
  std::vector<fs::path> files;
  for (const auto& [name, sentence] : expected)
    files.push_back(bad_plugins() / (std::string(name) + ".so"));
  const auto all = answers(files);
  for (std::size_t k = 0; k < files.size(); ++k) {
    INFO(files[k]);
    REQUIRE(all.contains(files[k]));
    const auto& why = all.at(files[k]);
    if (*expected[k].second == '\0')
      CHECK(why.empty());
    else
      CHECK_THAT(
          why, Catch::StartsWith(files[k].string() + ": ") && Catch::Contains(expected[k].second));
  }
}

}  // namespace

TEST_CASE("each bad plugin is refused with a sentence that says what to do") {
  check({
      {"no_tag", "has no Assay ABI tag; end it with ASSAY_PLUGIN"},
      {"other_tag",
       "was built for <assay-abi interface=0 libtorch=1.0.0>, but this Assay is <assay-abi "
       "interface="},
      {"no_register", "has no assay_register; end it with ASSAY_PLUGIN"},
      {"throws_exception", "failed while registering: not today"},
      {"throws_int", "threw something that is not a std::exception while registering"},
      {"throws_error", "failed while registering: no data for me"},
      {"registers_nothing", "registers no component"},
      {"registers_twice", "optimizer `twice` is registered twice"},
      {"no_doc", "optimizer `no_doc` has no documentation"},
      {"no_field_doc", "field `lr` has no documentation"},
      {"bad_name", "`Bad-Name` is not a valid component name"},
      {"undefined_symbol", "no_library_has_this_function"},
      {"aborts_static", "crashed with signal 6 (SIGABRT) while it was loaded"},
      {"throws_static", "crashed with signal 6 (SIGABRT) while it was loaded"},
      {"segfault", "crashed with signal 11 (SIGSEGV) while it was loaded"},
      {"hangs", "did not finish loading within 10 s"},
      {"exits", "ended the process with exit code 7"},
      {"changes_locale", "changed the locale"},
      {"changes_folder", "changed the working folder"},
      {"changes_umask", "changed the umask"},
      {"handles_sigint", "changed the handler of SIGINT"},
      {"handles_sigsegv", "changed the handler of SIGSEGV"},
      {"fast_math", "without -ffast-math"},
      {"second_torch_cpu", "loads a second LibTorch ("},
      {"second_c10", "loads a second LibTorch ("},
  });
}

TEST_CASE("each wrong tag is refused, with both tags where there are two to compare") {
  check({
      {"empty_tag", "was built for <assay-abi >, but this Assay is <assay-abi interface="},
      {"unterminated_tag", "has an unterminated Assay ABI tag; end it with ASSAY_PLUGIN"},
      {"older_tag", "was built for <assay-abi interface=3 "},
      {"newer_tag", "was built for <assay-abi interface=f00 "},
      {"compiler_tag", "compiler=clang19 "},
      {"libtorch_tag", "libtorch=2.3.1 "},
      {"abi_tag", "cxx11abi=0>, but this Assay is"},
      {"two_tags", "has two Assay ABI tags, <assay-abi interface="},
  });
}

TEST_CASE("what a plugin does to the process while it is loaded is found, whatever it is") {
  check({
      {"rude_static_hangs", "did not finish loading within 10 s"},
      {"rude_static_forks", "started a process while it was loaded"},
      {"rude_static_changes_rounding", "changed the floating-point mode"},
      {"rude_register_throws_bad_alloc", "ran out of memory while registering"},
      {"rude_register_leaves_at_once", "ended the process with exit code 0 while it was loaded"},
      {"rude_register_quick_exits", "ended the process with exit code 0 while it was loaded"},
      {"rude_register_ends_thread", "crashed with signal 6 (SIGABRT) while it was loaded"},
      {"rude_register_overflows_stack", "crashed with signal 11 (SIGSEGV) while it was loaded"},
      {"rude_register_hangs_deaf", "did not finish loading within 10 s"},
      {"rude_register_stops", "did not finish loading within 10 s"},
      {"rude_register_eats_memory", "ran out of memory while registering"},
      {"rude_register_leaves_thread", "started a thread while it was loaded"},
      {"rude_register_leaves_child", "started a process while it was loaded"},
      {"rude_register_leaves_daemon", "started a process while it was loaded"},
      {"rude_register_forks", "started a process while it was loaded"},
      {"rude_register_blocks_signals", "blocked or unblocked SIGTERM"},
      {"rude_register_flushes_denormals", "changed the floating-point mode"},
      {"rude_register_changes_rounding", "changed the floating-point mode"},
      {"rude_register_sets_alarm", "set a timer (alarm or setitimer)"},
      {"rude_register_lowers_limit", "changed a resource limit (setrlimit)"},
      {"rude_register_changes_environment", "changed PATH in the environment"},
      {"rude_register_sets_terminate", "changed the terminate handler"},
      {"rude_register_sets_new_handler", "changed the new handler"},
      {"rude_register_closes_low", "closed or replaced standard"},
      {"rude_register_closes_all", "ended the process with exit code 0"},
      {"rude_register_forges_events", ""},    // nobody listens
      {"rude_register_crashes_at_exit", ""},  // it is never unloaded
  });
  CHECK(shell("grep -l rude_orphan /proc/[0-9]*/comm").out.empty());
}

TEST_CASE("a plugin that removes the working folder is refused") {
  const Folder folder;
  fs::create_directory(folder.path() / "here");
  const auto said = shell("cd " + folder.path().string() + "/here; assay-worker probe " +
                          (bad_plugins() / "rude_register_removes_folder.so").string());
  CHECK_THAT(said.out, Catch::Contains("removed the working folder"));
}

TEST_CASE("a plugin that kills what probes it has no answer, and the others have theirs") {
  CHECK(answers({bad_plugins() / "rude_register_kills_group.so",
                 bad_plugins() / "rude_register_kills_parent.so"})
            .empty());
  const Folder folder;
  fs::create_directory(folder.path() / "p");
  for (const char* name : {"rude_register_kills_group", "rude_register_kills_parent", "second_c10"})
    fs::copy(bad_plugins() / (std::string(name) + ".so"), folder.path() / "p");
  fs::copy(bad_plugins() / "good.so", folder.path() / "p" / "z.so");
  const auto said = listed(folder);
  CHECK_THAT(said, Catch::Contains("\"fine\"") && Catch::Contains("loads a second LibTorch") &&
                       Catch::Contains("kills_group.so: its probe was killed") &&
                       Catch::Contains("kills_parent.so: its probe was killed"));
}

TEST_CASE("a file cut short is refused, wherever it is cut") {
  const Folder folder;
  const std::string whole = slurp(bad_plugins() / "good.so");
  constexpr std::size_t kCuts = 97;
  std::string files;
  for (std::size_t k = 0; k < kCuts; ++k)
    files +=
        " " +
        folder.write("cut" + std::to_string(k) + ".so", whole.substr(0, whole.size() * k / kCuts))
            .string();
  files += " " + folder.write("cut.so", whole.substr(0, whole.size() - 1)).string();
  const auto said = shell("assay-worker probe" + files);
  std::istringstream lines(said.out);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count)
    CHECK_THAT(Json::parse(line).value("refused", ""),
               Catch::Contains("truncated") || Catch::Contains("is not an ELF file"));
  CHECK(count == kCuts + 1);
}

TEST_CASE("what is no file at all is refused, and not waited for") {
  const Folder folder;
  const std::string cd = "cd " + folder.path().string() + "; ";
  shell(cd + "mkdir folder.so; mkfifo pipe.so; ln -s loop.so loop.so; ln -s nowhere dangling.so");
  for (const char* name : {"folder.so", "pipe.so", "loop.so", "dangling.so"})
    CHECK_THAT(answer(folder.path() / name), Catch::Contains("is not a readable file"));
  fs::copy(bad_plugins() / "good.so", folder.path() / "closed.so");
  fs::permissions(folder.path() / "closed.so", fs::perms::none);
  if (geteuid() == 0)
    WARN("skipped: root can read any file");
  else
    CHECK_THAT(answer(folder.path() / "closed.so"), Catch::Contains("closed.so"));
}

TEST_CASE("what is no shared library is refused before it is loaded") {
  const Folder folder;
  CHECK_THAT(answer(folder.write("text.so", "this is no library\n")),
             Catch::Contains("is not an ELF file"));
  CHECK_THAT(answer(folder.write("empty.so", "")), Catch::Contains("is not an ELF file"));
  const std::string whole = slurp(bad_plugins() / "good.so");
  CHECK_THAT(answer(folder.write("half.so", whole.substr(0, 200))), Catch::Contains("truncated"));
  std::string other = whole;
  other[18] = 40;  // e_machine: 32-bit Arm
  CHECK_THAT(answer(folder.write("arm.so", other)),
             Catch::Contains("not a shared library for x86-64"));
  CHECK_THAT(answer(folder.path() / "nowhere.so"), Catch::Contains("is not a readable file"));
  CHECK_THAT(answer(folder.path()), Catch::Contains("is not a readable file"));
}

TEST_CASE("a good plugin among bad ones is answered for, and one that prints does not garble it") {
  CHECK(answer(bad_plugins() / "good.so").empty());
  CHECK(answer(bad_plugins() / "prints.so").empty());
  const auto said =
      shell("cd " + bad_plugins().string() + "; assay-worker probe segfault.so good.so");
  CHECK(std::count(said.out.begin(), said.out.end(), '\n') == 2);
  CHECK_THAT(said.out, Catch::Contains("\"name\":\"fine\""));
}

TEST_CASE("the list shows what was refused and why, and the rest is there") {
  const Folder folder;
  fs::create_directory(folder.path() / "p");
  for (const char* name : {"good", "segfault", "other_tag"})
    fs::copy(bad_plugins() / (std::string(name) + ".so"), folder.path() / "p");
  const auto said = listed(folder);
  const auto json = Json::parse(said);
  CHECK(json.at("refused").size() == 2);
  CHECK_THAT(said, Catch::Contains("\"fine\"") && Catch::Contains("SIGSEGV"));
}
