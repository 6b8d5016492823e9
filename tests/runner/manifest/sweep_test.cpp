// Which trials a sweep stands for.
#include <cmath>
#include <set>

#include <catch2/catch.hpp>

#include "tests/runner/manifest/desk.h"

using namespace assay;
using namespace assay::testing;
using Catch::Contains;

namespace {

double lr(const Trial& trial) {
  return real(trial.stages.at(0).components.at("optimizer"), "lr");
}

std::vector<double> drawn(Desk& desk, const std::string& search, const std::string& distribution) {
  std::vector<double> values;
  for (const auto& trial :
       desk.read(kBase + "search: " + search + "\nsweep:\n  optimizer.lr: " + distribution + "\n")
           .trials)
    values.push_back(lr(trial));
  return values;
}

}  // namespace

TEST_CASE("a grid multiplies its axes, the last one fastest") {
  Desk desk;
  const auto all =
      desk.read(kBase + "sweep:\n  optimizer.lr: [0.1, 0.2]\n  seed: [0, 1, 2]\n").trials;
  REQUIRE(all.size() == 6);
  CHECK(lr(all[0]) == 0.1);
  CHECK(all[1].seed == 1);
  CHECK(lr(all[3]) == 0.2);
  CHECK(all[3].seed == 0);
  CHECK(all[3].axes ==
        std::map<std::string, std::string>{{"optimizer.lr", "0.2"}});  // the seed is no axis
  std::set<std::string> ids;
  for (const auto& trial : all) ids.insert(trial.id);
  CHECK(ids.size() == 6);
}

TEST_CASE("named alternatives are labels, and may be whole components") {
  Desk desk;
  const auto all = desk.read(kBase +
                             "sweep:\n  optimizer:\n    plain: {use: sgd}\n    wide: {use: sam, "
                             "rho: 0.5, base: {use: sgd}}\n")
                       .trials;
  REQUIRE(all.size() == 2);
  CHECK(all[1].axes.at("optimizer") == "wide");
  CHECK(real(all[1].stages[0].components.at("optimizer"), "rho") == 0.5);
}

TEST_CASE("what changes nothing is no axis") {
  Desk desk;
  CHECK_THAT(desk.mistake(kBase + "sweep:\n  optimizer:\n    a: {use: sgd}\n    b: {use: sgd, lr: "
                                  "0.1}\n"),
             Contains("`optimizer=a seed=0` and `optimizer=b seed=0` of the sweep give the same"));
  CHECK_THAT(
      desk.mistake(kBase + "sweep: {optimzer.lr: [0.1, 0.2]}\n"),
      Contains(
          "m.yaml:8:9: axis `optimzer.lr`: `optimzer` is not a key that a sweep can vary; did you "
          "mean `optimizer`?"));
  CHECK_THAT(desk.mistake(kBase + "sweep: {limits.threads: [1, 2]}\n"),
             Contains("`limits` is not a key that a sweep can vary"));
  CHECK_THAT(desk.mistake(kBase + "sweep: {seed: [1]}\nsearch: {use: random, trials: 3}\n"),
             Contains("`search: random` has nothing to sample"));
}

TEST_CASE("a whole is put in place before its parts, whatever the order of the axes") {
  Desk desk;
  for (const std::string axes :
       {"  optimizer.lr: [0.3, 0.4]\n  optimizer.use: [sgd, adamw]\n",
        "  optimizer.lr: [0.3, 0.4]\n  optimizer: {sgd: {use: sgd}, adamw: {use: adamw}}\n"}) {
    const auto all = desk.read(kBase + "sweep:\n" + axes).trials;
    REQUIRE(all.size() == 4);
    for (const auto& trial : all)
      CHECK(std::to_string(real(trial.stages[0].components.at("optimizer"), "lr")).substr(0, 3) ==
            trial.axes.at("optimizer.lr"));
  }
}

TEST_CASE("an override that an axis would replace is refused, also of a part") {
  Desk desk;
  const std::string text = kBase + "sweep:\n  optimizer: {a: {use: sgd}, b: {use: adamw}}\n";
  CHECK_THAT(desk.mistake(text, {"optimizer.lr=0.5"}), Contains("override `sweep.optimizer`"));
}

TEST_CASE("a point of a sweep changes what refers to it") {
  Desk desk;
  const auto all =
      desk.read(kBase + "seed: ${dataset.size}\nsweep:\n  dataset.size: [3, 4]\n").trials;
  REQUIRE(all.size() == 2);
  CHECK(all[0].seed == 3);
  CHECK(all[1].seed == 4);
}

TEST_CASE(
    "random draws keep to their ends, repeat with their seed and do not depend on other axes") {
  Desk desk;
  const std::string search = "{use: random, trials: 200, seed: 5}";
  const auto values = drawn(desk, search, "{log_uniform: [1e-4, 1e-1]}");
  REQUIRE(values.size() == 200);
  double mean = 0;
  for (const double x : values) {
    CHECK((x >= 1e-4 && x < 1e-1));
    mean += std::log10(x) / 200;
  }
  CHECK(mean == Approx(-2.5).margin(0.2));  // five deviations of the mean of 200 draws of width 3
  CHECK(drawn(desk, search, "{log_uniform: [1e-4, 1e-1]}") == values);
  CHECK(drawn(desk, "{use: random, trials: 200, seed: 6}", "{log_uniform: [1e-4, 1e-1]}") !=
        values);
  CHECK(drawn(desk, search,
              "{log_uniform: [1e-4, 1e-1]}\n  optimizer.momentum: {uniform: [0.1, 0.9]}") ==
        values);
  const auto few = drawn(desk, "{use: random, trials: 20, seed: 5}", "{log_uniform: [1e-4, 1e-1]}");
  CHECK(std::equal(few.begin(), few.end(), values.begin()));  // more trials keep the ones there are
}

TEST_CASE("sobol fills the interval evenly: each dyadic part of 2^k draws has its share") {
  Desk desk;
  const auto values = drawn(desk, "{use: sobol, trials: 15}", "{uniform: [0, 1]}");
  std::multiset<int> parts;
  for (const double x : values) parts.insert(static_cast<int>(x * 16));
  CHECK(parts.size() == 15);
  CHECK(std::set<int>(parts.begin(), parts.end()).size() ==
        15);  // the sequence without its first point, 0
}

TEST_CASE("choice and int_uniform draw every value, with both ends") {
  Desk desk;
  std::set<double> chosen;
  for (const double x : drawn(desk, "{use: random, trials: 60}", "{choice: [0.1, 0.5, 0.9]}"))
    chosen.insert(x);
  CHECK(chosen == std::set<double>{0.1, 0.5, 0.9});
  std::set<std::int64_t> seeds;
  for (const auto& trial :
       desk.read(kBase +
                 "search: {use: random, trials: 60}\nsweep:\n  seed: {int_uniform: [2, 4]}\n")
           .trials)
    seeds.insert(trial.seed);
  CHECK(seeds == std::set<std::int64_t>{2, 3, 4});
}

TEST_CASE("distributions are drawn together and multiplied with lists") {
  Desk desk;
  const auto all =
      desk.read(kBase +
                "search: {use: random, trials: 4}\nsweep:\n  optimizer.lr: {uniform: [0.1, 0.2]}\n"
                "  optimizer.momentum: {uniform: [0.1, 0.2]}\n  seed: [0, 1, 2]\n")
          .trials;
  CHECK(all.size() == 12);
}

TEST_CASE("an axis is overridden as a whole, and a value that it would replace is refused") {
  Desk desk;
  const std::string text = kBase + "sweep:\n  optimizer.lr: [0.1, 0.2]\n";
  CHECK(desk.read(text, {"sweep={optimizer.lr: [0.5]}"}).trials.size() == 1);
  CHECK_THAT(desk.mistake(text, {"optimizer.lr=0.5"}), Catch::Contains("is an axis of the sweep"));
}

TEST_CASE("two choices of one label are refused") {
  Desk desk;
  CHECK_THAT(
      desk.mistake(kBase + "search: {use: random, trials: 4}\nsweep: {optimizer: {choice: [{use: "
                           "sgd, lr: 0.1}, {use: sgd, lr: 0.2}]}}\n"),
      Catch::Contains("axis `optimizer` has two values that are shown as `sgd`"));
}
