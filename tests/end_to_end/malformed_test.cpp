// Every mistake of a manifest, each with the lines it must be answered with: malformed/NAME.yaml
// and NAME.txt.
#include <algorithm>
#include <cstdlib>
#include <regex>

#include <catch2/catch.hpp>

#include "tests/support/shell.h"

using namespace assay::testing;
namespace fs = std::filesystem;

namespace {

fs::path folder() {
  return fs::path(std::getenv("ASSAY_SOURCE")) / "tests" / "runner" / "manifest" / "malformed";
}

// What depends on where this checkout lies, and on which plugins it has after the first.
std::string without_places(std::string text) {
  text = std::regex_replace(text, std::regex(R"((; available are \w+,).* \(looked in [^)]*\))"),
                            "$1 ... (looked in ...)");
  text = std::regex_replace(text, std::regex(R"(\(looked in [^)]*\))"), "(looked in ...)");
  return std::regex_replace(text, std::regex(folder().string()), ".");
}

}  // namespace

TEST_CASE("each malformed manifest is answered with its lines and exit code 3") {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(folder())) {
    if (entry.path().extension() != ".yaml") continue;
    const std::string name = entry.path().filename();
    INFO(name);
    const auto said = shell("cd " + folder().string() + "; assay validate " + name);
    CHECK(said.code == 3);
    CHECK(said.out.empty());
    CHECK(without_places(said.err) == slurp(fs::path(entry.path()).replace_extension(".txt")));
    ++count;
  }
  CHECK(count >= 110);
}

TEST_CASE("a manifest of more than a mebibyte is refused before it is read") {
  const Folder here;
  here.write("large.yaml", "x: \"" + std::string(1100000, 'a') + "\"\n");
  const auto said = shell("cd " + here.path().string() + "; assay validate large.yaml");
  CHECK(said.code == 3);
  CHECK(said.err == "large.yaml:1:1: the manifest has 1100006 bytes; at most 1 MiB is accepted\n");
}
