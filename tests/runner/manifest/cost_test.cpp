// Manifests of few bytes that would take much time or memory: each is refused, and says why.
#include <catch2/catch.hpp>

#include "tests/runner/manifest/desk.h"

using namespace assay;
using namespace assay::testing;
using Catch::Contains;

namespace {

std::string repeated(int times, const std::string& text) {
  std::string all;
  for (int k = 0; k < times; ++k) all += text;
  return all;
}

std::string numbered(int count, const std::string& before, const std::string& after) {
  std::string all;
  for (int k = 0; k < count; ++k) all += before + std::to_string(k) + after;
  return all;
}

}  // namespace

TEST_CASE("references stand for no more values, and no more text, than a manifest may have") {
  Desk desk;
  const std::string says = "the references of this manifest expand to more than 10000 values";
  CHECK_THAT(desk.mistake(kBase + "x: [" + repeated(200, "1, ") + "]\ny: [" +
                          repeated(200, "\"${x}\", ") + "]\n"),
             Contains(says));
  CHECK_THAT(desk.mistake(kBase + "x: " + repeated(2000, "long") + "\nseed: \"" +
                          repeated(200, "${x}") + "\"\n"),
             Contains(says));
}

TEST_CASE("the trials of a sweep have no more than a million values together") {
  Desk desk;
  const auto manifest = [](int seeds) {
    return kBase + "model: {use: mlp, hidden: [" + repeated(1000, "1, ") + "]}\nsweep: {seed: [" +
           numbered(seeds, "", ", ") + "]}\n";
  };
  const auto erased = [&](int seeds) {
    auto text = manifest(seeds);
    return text.erase(text.find("model: mlp\n"), 11);
  };
  CHECK(desk.read(erased(900)).trials.size() == 900);
  CHECK_THAT(desk.mistake(erased(1000)), Contains("more than a million values in total"));
}

TEST_CASE("after two hundred mistakes no further ones are looked for") {
  Desk desk;
  try {
    desk.read(kBase + numbered(5000, "key", ": 1\n"));
    FAIL("was accepted");
  } catch (const ManifestErrors& errors) {
    CHECK(errors.all().size() == 200);
  }
}

TEST_CASE("a long name, or one among very many, is not compared with the others") {
  Strings many;
  for (int k = 0; k < 301; ++k) many.push_back("name" + std::to_string(k));
  CHECK(nearest("nam5", many).empty());
  many.pop_back();
  CHECK(nearest("nam5", many) == "name5");
  CHECK(nearest(std::string(61, 'a'), {std::string(60, 'a')}).empty());
}

TEST_CASE("a path of very many steps is refused, not walked") {
  Desk desk;
  const auto path = "model" + repeated(400, ".a");
  CHECK_THAT(desk.mistake(kBase + "sweep: {" + path + ": [1]}\n"),
             Contains("its path has 401 steps; at most 16 are accepted"));
  CHECK_THAT(desk.mistake(kBase, {path + "=1"}), Contains("is not an override"));
}

TEST_CASE("a file name that the system refuses is no file") {
  Desk desk;
  CHECK_THAT(desk.mistake(kBase + "include: " + repeated(300, "x") + "\n"),
             Contains("does not exist"));
  CHECK_THAT(desk.mistake(kBase, {"dataset={use: toy, file: " + repeated(300, "x") + "}"}),
             Contains("there is no file or folder"));
}
