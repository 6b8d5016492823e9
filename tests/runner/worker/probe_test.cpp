// Each bad plugin is refused with its sentence, and costs nobody else anything.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "tests/support/shell.h"

using namespace assay::testing;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

fs::path bad_plugins() {
  return fs::path(std::getenv("ASSAY_BUILD")) / "bad_plugins";
}

std::string answer(const fs::path& file) {
  const auto said = shell("assay-worker probe " + file.string());
  CHECK(said.code == 0);
  const auto json = Json::parse(said.out);
  CHECK(json.at("file") == file.string());
  return json.contains("refused") ? json["refused"].get<std::string>() : "";
}

}  // namespace

TEST_CASE("each bad plugin is refused with a sentence that says what to do") {
  const std::pair<const char*, const char*> expected[] = {
      {"no_tag", "has no Assay ABI tag; end it with ASSAY_PLUGIN"},
      {"other_tag",
       "was built for <assay-abi interface=0 libtorch=1.0.0>, but this Assay is <assay-abi "
       "interface="},
      {"no_register", "has no assay_register; end it with ASSAY_PLUGIN"},
      {"throws_exception", "failed while registering: not today"},
      {"throws_int", "threw something while registering that is no std::exception"},
      {"throws_error", "failed while registering: no data for me"},
      {"registers_nothing", "registers no component"},
      {"registers_twice", "optimizer `twice` is registered twice"},
      {"no_doc", "optimizer `no_doc` has no documentation"},
      {"no_field_doc", "field `lr` has no documentation"},
      {"bad_name", "`Bad-Name` is no component name"},
      {"undefined_symbol", "no_library_has_this_function"},
      {"aborts_static", "crashed while it was loaded, with signal 6 (SIGABRT)"},
      {"throws_static", "crashed while it was loaded, with signal 6 (SIGABRT)"},
      {"segfault", "crashed while it was loaded, with signal 11 (SIGSEGV)"},
      {"hangs", "did not finish loading within 10 s"},
      {"exits", "ended the process with exit code 7"},
      {"changes_locale", "changed the locale"},
      {"changes_folder", "changed the working folder"},
      {"changes_umask", "changed the umask"},
      {"handles_sigint", "changed the handler of SIGINT"},
      {"handles_sigsegv", "changed the handler of SIGSEGV"},
      {"fast_math", "without -ffast-math"},
  };
  for (const auto& [name, sentence] : expected) {
    INFO(name);
    const auto file = bad_plugins() / (std::string(name) + ".so");
    const auto why = answer(file);
    CHECK_THAT(why, Catch::StartsWith(file.string() + ": ") && Catch::Contains(sentence));
  }
}

TEST_CASE("what is no shared library is refused before it is loaded") {
  const Folder folder;
  CHECK_THAT(answer(folder.write("text.so", "this is no library\n")),
             Catch::Contains("is no ELF file"));
  CHECK_THAT(answer(folder.write("empty.so", "")), Catch::Contains("is no ELF file"));
  const std::string whole = slurp(bad_plugins() / "good.so");
  CHECK_THAT(answer(folder.write("half.so", whole.substr(0, 200))), Catch::Contains("truncated"));
  std::string other = whole;
  other[18] = 40;  // e_machine: 32-bit Arm
  CHECK_THAT(answer(folder.write("arm.so", other)),
             Catch::Contains("no shared library for x86-64"));
  CHECK_THAT(answer(folder.path() / "nowhere.so"), Catch::Contains("is no file"));
  CHECK_THAT(answer(folder.path()), Catch::Contains("is no file"));
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
  const auto said =
      shell("cd " + folder.path().string() + "; XDG_CACHE_HOME=$PWD assay list --plugins p --json");
  CHECK(said.code == 0);
  const auto json = Json::parse(said.out);
  CHECK(json.at("refused").size() == 2);
  CHECK_THAT(said.out, Catch::Contains("\"fine\"") && Catch::Contains("SIGSEGV"));
}
