// Pools without anything to tell samples apart: every registered selector still gives n different
// samples, or says what is wrong.
#include <cmath>

#include "tests/plugins/selection/pool.h"
#include "tests/support/plugin_host.h"

using namespace selection;
using namespace selection::testing;
using assay::Error;
using assay::ErrorKind;

namespace {

constexpr std::int64_t kSize = 30;

Pool alike(double value) {
  Pool made;
  made.size = kSize;
  made.classes = 3;
  made.label = at::arange(kSize, torch::kInt64) % 3;
  made.features = at::full({kSize, 5}, value, torch::kFloat);
  made.logits = at::full({kSize, 3}, value, torch::kFloat);
  made.gradients = at::full({kSize, 6}, value, torch::kFloat);
  made.norms = at::full({kSize}, value, torch::kDouble);
  made.forgotten = at::full({kSize}, -1, torch::kInt64);
  made.validation = {made.label, made.features, made.logits};
  return made;
}

// Why it was refused; empty where the choice is one.
std::string refused(assay::Selector& selector, const Pool& from, std::int64_t n) try {
  for (std::int64_t k = 0; k < 2 * kSize; ++k) {
    const auto choice = selector.step(k, from, n, {torch::kCPU, assay::Rng(1)});
    if (!choice) continue;
    const std::set<std::int64_t> different(choice->places.begin(), choice->places.end());
    CHECK(std::ssize(choice->places) >= n);
    CHECK(different.size() == choice->places.size());
    CHECK(*different.begin() >= 0);
    CHECK(*different.rbegin() < kSize);
    for (const double weight : choice->weights) CHECK((weight >= 0 && std::isfinite(weight)));
    return "";
  }
  return "never ends";
} catch (const Error& error) {
  CHECK(error.kind() == ErrorKind::kData);
  return error.what();
}

}  // namespace

TEST_CASE("rows that are all alike, or all zero, are selected from or refused with a sentence") {
  const auto& registry = assay::testing::plugins();
  int selectors = 0;
  for (const auto& entry : registry.entries()) {
    if (entry.kind != "selector") continue;
    ++selectors;
    for (const double value : {0.0, 1.0})
      for (const std::int64_t n : {1, 10, 30}) {
        INFO(entry.name << ", all " << value << ", n " << n);
        const auto selector = registry.make<assay::Selector>({entry.name, {}});
        const auto why = refused(*selector, alike(value), n);
        INFO(why);
        CHECK((why.empty() || (value == 0 && why.find("every gradient is zero") == 0)));
      }
  }
  CHECK(selectors > 20);
}
