// Statistics against closed forms; pairing; escaping.
#include <cmath>
#include <limits>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "runner/report/cells.h"

using namespace assay;

namespace {

// A report that compares the alternatives of an axis by accuracy.
Report make_report(const std::string& compare) {
  Report report;
  report.metric = "test/accuracy";
  report.compare = compare;
  return report;
}

void add_trial(Report& report, Axes axes, int seed, double accuracy,
               RunState state = RunState::kDone) {
  report.trials.push_back(
      {"id", std::move(axes), seed, state, {{"test/accuracy", accuracy}}, 0, "", {}});
}

}  // namespace

TEST_CASE("a summary is the textbook's") {
  const auto s = summarize({2, 4, 4, 4, 5, 5, 7, 9});
  CHECK(s.count == 8);
  CHECK(s.mean == Approx(5));
  CHECK(s.deviation == Approx(2.1380899353));  // sqrt(32 / 7)
  CHECK(s.low == 2);
  CHECK(s.high == 9);
  CHECK(summarize({}).count == 0);
  CHECK(summarize({3}).deviation == 0);
}

TEST_CASE("a paired difference has Student's interval and p") {
  // differences 1, 2, 3: mean 2, standard error 1 / sqrt 3, t = 2 sqrt 3 with two degrees of
  // freedom, for which p = 1 - t / sqrt(t^2 + 2) and t_{0.975} = 4.3026527297.
  const auto d = paired_difference({2, 4, 6}, {1, 2, 3});
  CHECK(d.count == 3);
  CHECK(d.mean == Approx(2));
  CHECK(d.half_width.value() == Approx(4.3026527297 / std::sqrt(3.0)));
  CHECK(d.p.value() == Approx(1 - std::sqrt(12.0) / std::sqrt(14.0)));
  CHECK_FALSE(paired_difference({1}, {0}).half_width);
}

TEST_CASE("equal differences have no interval") {
  const auto d = paired_difference({0.3, 0.7}, {0.2, 0.6});  // equal up to rounding
  CHECK(d.mean == Approx(0.1));
  CHECK_FALSE(d.half_width);
  CHECK_FALSE(d.p);
  CHECK_FALSE(paired_difference({1, 2}, {1, 2}).p);
  auto report = make_report("optimizer");
  for (int seed = 0; seed < 2; ++seed)
    for (const char* optimizer : {"sgd", "sam"})
      add_trial(report, {{"optimizer", optimizer}}, seed, optimizer[1] == 'a' ? 0.5 : 0.25);
  const auto all = comparisons_of(report);
  CHECK(write_comparison_note(report, all) ==
        "sam - sgd has equal differences, of which there is no interval.");
  CHECK(format_comparisons(all, "-").at(1) ==
        std::vector<std::string>{"sam - sgd", "test/accuracy", "+0.2500", "-", "-", "-", "2", "2"});
}

TEST_CASE("small and large numbers are shown with four significant digits") {
  CHECK(format_number(0.8125) == "0.8125");
  CHECK(format_number(-1) == "-1.0000");
  CHECK(format_number(0) == "0.0000");
  CHECK(format_number(0.000012345) == "1.234e-05");
  CHECK(format_number(-0.00042, true) == "-0.00042");
  CHECK(format_number(0.5, true) == "+0.5000");
  CHECK(format_number(1.262e30) == "1.262e+30");
  CHECK(format_number(NAN) == "nan");
}

TEST_CASE("p-values are corrected by Holm's method") {
  // statsmodels 0.14: multipletests(p, method="holm")
  const auto corrected = correct_by_holm({0.01, 0.04, 0.03, 0.005});
  const std::vector<double> expected{0.03, 0.06, 0.06, 0.02};
  for (std::size_t k = 0; k < 4; ++k) CHECK(corrected[k] == Approx(expected[k]).epsilon(1e-12));
  CHECK(correct_by_holm({}).empty());
  CHECK(correct_by_holm({0.2}) == std::vector<double>{0.2});
  CHECK(correct_by_holm({0.9, 0.8}) == std::vector<double>{1, 1});
  const auto lost = correct_by_holm({0.01, NAN});
  CHECK(lost[0] == 0.02);
  CHECK(std::isnan(lost[1]));
}

TEST_CASE("pairs of one seed are one observation, and intervals are counted and corrected") {
  auto report = make_report("optimizer");
  const auto add = [&](const char* optimizer, const char* noise, int seed, double value) {
    add_trial(report, {{"optimizer", optimizer}, {"noise", noise}}, seed, value);
  };
  // Differences of sam: 0 and 2, 1 and 3, 2 and 4, whose means are 1, 2 and 3.
  for (int seed = 0; seed < 3; ++seed)
    for (const char* noise : {"0.2", "0.4"}) {
      add("sgd", noise, seed, 5);
      add("sam", noise, seed, 5 + seed + (noise[2] == '4' ? 2 : 0));
      add("asam", noise, seed, 5 + seed);
    }
  const auto all = comparisons_of(report);
  REQUIRE(all.size() == 2);
  const auto expected = paired_difference({1, 2, 3}, {0, 0, 0});
  CHECK(all[0].difference.mean == Approx(2));
  CHECK(all[0].difference.count == 3);
  CHECK(all[0].pairs == 6);
  CHECK(all[0].difference.half_width.value() == Approx(expected.half_width.value()));
  CHECK(all[0].corrected_p == Approx(2 * expected.p.value()));
  CHECK(all[1].corrected_p == Approx(all[1].difference.p.value()));
  const std::string note =
      "2 intervals of Student's t, one observation per seed, each of 95 % by itself; p (Holm) is "
      "corrected for all 2. An observation is the mean over several pairs.";
  CHECK(write_comparison_note(report, all) == note);
  CHECK_THAT(text_table(report, false), Catch::EndsWith(note + "\n"));
  CHECK_THAT(html_page(report), Catch::Contains("p (Holm)") && Catch::Contains("for all 2."));
  const auto json = statistics_of(report).at("comparisons")[0];
  CHECK(json.at("n") == 3);
  CHECK(json.at("pairs") == 6);
  CHECK(json.at("left_out").empty());
  CHECK(json.at("p_holm").get<double>() == Approx(2 * expected.p.value()));
}

TEST_CASE("with repeats, there is one observation per value of the axis, over all seeds") {
  auto report = make_report("model");
  report.repeats = {"fold"};
  const auto add = [&](const char* model, int fold, int seed, double value) {
    add_trial(report, {{"model", model}, {"fold", std::to_string(fold)}}, seed, value);
  };
  for (int fold = 0; fold < 3; ++fold)
    for (int seed = 0; seed < 2; ++seed) {
      add("cart", fold, seed, 1);
      add("rules", fold, seed, 2 + fold + (seed == 0 ? -0.5 : 0.5));
    }
  const auto groups = groups_of(report);
  REQUIRE(groups.size() == 2);
  CHECK(groups[1].label() == "model=rules");
  CHECK(groups[1].values("test/accuracy").size() == 6);
  const auto all = comparisons_of(report);
  REQUIRE(all.size() == 1);
  CHECK(all[0].difference.count == 3);
  CHECK(all[0].difference.mean == Approx(2));
  CHECK(all[0].difference.half_width.value() ==
        Approx(paired_difference({1, 2, 3}, {0, 0, 0}).half_width.value()));
  CHECK(all[0].pairs == 6);
  CHECK(write_comparison_note(report, all) ==
        "1 interval of Student's t, one observation per fold. An observation is the mean over "
        "several pairs. If observations share data, as folds do, p is too small.");
  report.repeats.clear();
  CHECK(comparisons_of(report)[0].difference.count == 2);
}

TEST_CASE("a setting without any value is left out, and a lost observation is told") {
  auto report = make_report("optimizer");
  const auto add = [&](const char* optimizer, const char* lr, int seed, bool done) {
    add_trial(report, {{"optimizer", optimizer}, {"lr", lr}}, seed,
              optimizer[1] == 'a' ? seed * seed : seed,
              done ? RunState::kDone : RunState::kDiverged);
  };
  for (int seed = 0; seed < 3; ++seed)
    for (const char* lr : {"0.1", "10"}) {
      add("sgd", lr, seed, true);
      add("sam", lr, seed, lr[0] == '0');  // diverges with 10 in every seed
    }
  CHECK(comparisons_of(report)[0].difference.count == 3);
  CHECK(comparisons_of(report)[0].pairs == 3);
  CHECK(comparisons_of(report)[0].left_out.empty());
  CHECK(write_comparison_note(report, comparisons_of(report)) ==
        "1 interval of Student's t, one observation per seed. sam - sgd leaves out lr=10, where it "
        "has no pair.");
  CHECK(statistics_of(report).at("comparisons")[0].at("settings_left_out") ==
        nlohmann::ordered_json::parse(R"([{"lr": "10"}])"));
  for (auto& trial : report.trials)
    if (trial.seed > 0 && trial.axes.at("lr") == "0.1") trial.state = RunState::kFailed;
  auto none = report;
  for (auto& trial : none.trials) trial.state = RunState::kQueued;
  CHECK(write_comparison_note(none, comparisons_of(none)) == "sam - sgd has no pair.");
  const auto few = comparisons_of(report);  // one seed is left: no interval, but a note
  CHECK(few[0].difference.count == 1);
  CHECK(few[0].left_out.size() == 2);
  CHECK(write_comparison_note(report, few) ==
        "An interval needs two observations. sam - sgd leaves out seed=1, seed=2, for lack of a "
        "pair at lr=0.1. sam - sgd leaves out lr=10, where it has no pair.");
  CHECK(statistics_of(report).at("comparisons")[0].at("p_holm").is_null());
}

TEST_CASE("pairs without one in each setting are no observation") {
  auto report = make_report("optimizer");
  for (int seed = 0; seed < 2; ++seed)
    for (const char* optimizer : {"sgd", "sam"})
      add_trial(report, {{"optimizer", optimizer}, {"lr", seed == 0 ? "0.1" : "0.3"}}, seed, 1);
  const auto all = comparisons_of(report);
  CHECK(all[0].difference.count == 0);
  CHECK(write_comparison_note(report, all) ==
        "sam - sgd has no observation with a pair at each of lr=0.1, lr=0.3.");
}

TEST_CASE("what a comparison lacks is told once for all metrics, or names them") {
  auto report = make_report("optimizer");
  report.metric.clear();
  for (int seed = 0; seed < 3; ++seed)
    for (const char* optimizer : {"sgd", "sam"}) {
      add_trial(report, {{"optimizer", optimizer}}, seed, optimizer[1] == 'a' ? 2 * seed : seed,
                seed == 2 ? RunState::kFailed : RunState::kDone);
      if (seed == 0) report.trials.back().metrics["test/nll"] = 1;
    }
  CHECK_THAT(
      write_comparison_note(report, comparisons_of(report)),
      Catch::EndsWith("sam - sgd leaves out seed=2, for lack of a pair, in test/accuracy. "
                      "sam - sgd leaves out seed=1, seed=2, for lack of a pair, in test/nll."));
  for (auto& trial : report.trials) trial.metrics["test/nll"] = trial.metrics["test/accuracy"];
  CHECK_THAT(write_comparison_note(report, comparisons_of(report)),
             Catch::EndsWith("for all 2. sam - sgd leaves out seed=2, for lack of a pair."));
}

TEST_CASE("what is no number makes none of what it enters into") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto s = summarize({1, NAN, 3});
  CHECK(s.count == 3);
  for (const double x : {s.mean, s.deviation, s.low, s.high}) CHECK(std::isnan(x));
  CHECK(summarize({1, kInfinity}).high == kInfinity);
  CHECK(summarize({1, kInfinity}).low == 1);
  const auto d = paired_difference({1, NAN}, {1, 2});
  for (const double x : {d.mean, d.half_width.value(), d.p.value()}) CHECK(std::isnan(x));
}

TEST_CASE("values that are no numbers are shown, and told to programs") {
  Report report;
  report.trials.push_back({"a", {}, 0, RunState::kDone, {{"test/nll", NAN}}, 0, "", {}});
  report.trials.push_back({"b", {}, 1, RunState::kDone, {{"test/nll", 0.5}}, 0, "", {}});
  CHECK_THAT(text_table(report, false), Catch::Contains("nan") && Catch::Contains("  2  "));
  CHECK_THAT(html_page(report), Catch::Contains("<td>nan</td>"));
  CHECK(statistics_of(report).at("groups")[0].at("mean") == "NaN");
}

TEST_CASE("trials are paired by seed and the other axes, and failed ones are left out") {
  auto report = make_report("optimizer");
  const auto add = [&](const char* optimizer, const char* lr, int seed, double value,
                       RunState state = RunState::kDone) {
    add_trial(report, {{"optimizer", optimizer}, {"lr", lr}}, seed, value, state);
  };
  for (int seed = 0; seed < 3; ++seed)
    for (const char* lr : {"0.1", "0.2"}) {
      add("sgd", lr, seed, seed + (lr[2] == '1' ? 0.0 : 10.0));
      add("sam", lr, seed, seed + (lr[2] == '1' ? 0.0 : 10.0) + (seed == 0 ? 0.25 : 0.75),
          seed == 2 ? RunState::kFailed : RunState::kDone);
    }
  const auto all = comparisons_of(report);
  REQUIRE(all.size() == 1);
  CHECK(all[0].alternative == "sam");
  CHECK(all[0].difference.count == 2);  // seeds
  CHECK(all[0].pairs == 4);
  CHECK(all[0].left_out == std::vector<Axes>{{{"seed", "2"}}});
  CHECK(all[0].difference.mean == Approx(0.5));
  CHECK(write_comparison_note(report, all) ==
        "1 interval of Student's t, one observation per seed. An observation is the mean over "
        "several pairs. sam - sgd leaves out seed=2, for lack of a pair at lr=0.1, lr=0.2.");
  CHECK(groups_of(report).size() == 4);
  CHECK(text_table(report, false).find("\033") == std::string::npos);
}

TEST_CASE("a metric that no trial has is said to be unknown, and values that lack are counted") {
  Report report;
  report.metric = "test/accuracy";
  report.trials.push_back({"a", {}, 0, RunState::kDone, {{"test/accuracy", 0.5}}, 0, "", {}});
  report.trials.push_back({"b", {}, 1, RunState::kDone, {{"test/nll", 0.5}}, 0, "", {}});
  report.trials.push_back({"c", {}, 2, RunState::kFailed, {}, 0, "", {}});
  CHECK(unknown_metric(report).empty());
  CHECK(groups_of(report).at(0).missing("test/accuracy") == 2);
  report.metric = "test/acuracy";
  CHECK(unknown_metric(report) ==
        "no finished trial has the metric `test/acuracy`; did you mean `test/accuracy`?");
  report.metric = "loss";
  CHECK(unknown_metric(report) ==
        "no finished trial has the metric `loss`; available are test/accuracy, test/nll");
  report.trials.clear();  // nothing is known yet
  CHECK(unknown_metric(report).empty());
}

TEST_CASE("a page escapes what it shows, also within its script") {
  Report report;
  report.name = "<b>x</b>";
  report.manifest = "name: \"</script><script>alert(1)</script>\"\n";
  report.trials.push_back(
      {"id", {{"</script>", "<i>"}}, 0, RunState::kFailed, {}, 0, "<img src=x>", {}});
  const auto page = html_page(report);
  CHECK(page.find("<b>x</b>") == std::string::npos);
  CHECK(page.find("<img src=x>") == std::string::npos);
  CHECK(page.find("</script><script>alert") == std::string::npos);
}

TEST_CASE("differences of versions are not put together, and an arm that all have is in each") {
  auto report = make_report("arm");
  report.apart = {"lr"};
  for (int seed = 0; seed < 2; ++seed) {
    add_trial(report, {{"arm", "base"}}, seed, seed);
    add_trial(report, {{"arm", "mine"}, {"lr", "0.1"}}, seed, 1 + seed);
    add_trial(report, {{"arm", "mine"}, {"lr", "0.2"}}, seed, 3 + seed);
  }
  const auto all = comparisons_of(report);
  REQUIRE(all.size() == 2);
  for (std::size_t k = 0; k < 2; ++k) {
    CHECK(all[k].difference.count == 2);
    CHECK(all[k].baseline == "base");
  }
  CHECK(all[0].label() == "mine - base, lr=0.1");
  CHECK(all[0].difference.mean == 1);
  CHECK(all[1].difference.mean == 3);
}

TEST_CASE("a trial without an axis that is apart does not stand in for one that has it") {
  auto report = make_report("arm");
  report.apart = {"build"};
  add_trial(report, {{"arm", "mine"}, {"build", "2"}}, 0, 0.75);
  add_trial(report, {{"arm", "mine"}, {"build", "1"}}, 0, 0.5);
  add_trial(report, {{"arm", "mine"}}, 0, 0.125);  // of a version that had no such plugin
  add_trial(report, {{"arm", "base"}}, 0, 0);
  const auto all = comparisons_of(report);
  REQUIRE(all.size() == 2);
  CHECK(std::abs(all[0].difference.mean) == 0.75);
  CHECK(std::abs(all[1].difference.mean) == 0.5);
}
