// assay-bench: what `train` costs beside a bare LibTorch loop, and SAM beside SGD, in one run.
#include <cstdio>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

#include "assay/sdk/idx.h"
#include "core/runtime/runtime.h"
#include "runner/conformance/tiny.h"
#include "tests/benchmark/bare_loop.h"
#include "tests/benchmark/contest.h"
#include "tests/support/plugin_host.h"

using namespace assay;
using namespace assay::benchmark;

namespace {

constexpr std::int64_t kBatch = 32;
constexpr int kSlice = 100;
constexpr auto kRoot = "/usr/share/datasets/fashion-mnist";

/// The real thing: components from plugins, units through Procedure::advance.
class Trial {
 public:
  explicit Trial(const Spec& optimizer) {
    const auto& plugins = testing::plugins();
    seed_default_generators(Rng(1), torch::kCPU);
    parts_.dataset = plugins.make<Dataset>({"fashion_mnist", {{"validation", std::int64_t{0}}}});
    const auto& info = parts_.dataset->info();
    parts_.model = plugins.make<Model>({"mlp", {}}, &info);
    parts_.objective = plugins.make<Objective>({"cross_entropy", {}}, &info);
    parts_.optimizer = plugins.make<Optimizer>(optimizer, &info);
    procedure_ = plugins.make<Procedure>({"train",
                                          {{"steps", std::int64_t{1} << 40},
                                           {"batch", kBatch},
                                           {"evaluate_steps", std::int64_t{1} << 40}}},
                                         &info);
  }

  void step() { procedure_->advance(unit_++, parts_, context_, rows_); }

 private:
  Parts parts_;
  std::shared_ptr<Procedure> procedure_;
  Context context_{torch::kCPU, Rng(1).fork("stage"), nullptr};
  testing::Rows rows_;
  std::int64_t unit_ = 0;
};

struct Options {
  bool json = false;
  std::string only;  // runs one loop alone, for a profiler
  int blocks = 9;
  double seconds = 2;
};

Options read_options(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const bool more = i + 1 < count;
    if (word == "--json")
      options.json = true;
    else if (word == "--only" && more)
      options.only = words[++i];
    else if (word == "--blocks" && more)
      options.blocks = std::stoi(words[++i]);
    else if (word == "--seconds" && more)
      options.seconds = std::stod(words[++i]);
    else
      throw std::runtime_error(
          "usage: assay-bench [--json] [--blocks N] [--seconds S] "
          "[--only bare|train_sgd|train_sam]");
  }
  return options;
}

void print(const std::vector<Contender>& all, bool json) {
  const auto& bare = named(all, "bare");
  const auto& sgd = named(all, "train_sgd");
  const auto& sam = named(all, "train_sam");
  nlohmann::ordered_json out{{"schema", "assay.bench/1"}};
  for (const auto* who : {&bare, &sgd, &sam})
    out["steps_per_second"][who->name] = median(who->rates);
  out["train_over_bare"] = ratio(sgd, bare);
  out["sam_over_sgd"] = ratio(sam, sgd);
  out["blocks"] = bare.rates.size();
  if (json) {
    std::puts(out.dump().c_str());
    return;
  }
  for (const auto& [name, rate] : out["steps_per_second"].items())
    std::printf("%-10s %8.0f steps/s\n", name.c_str(), rate.get<double>());
  std::printf("train / bare  %.3f   (at most 1.03 wanted)\nsam / sgd     %.3f   (at most 2.05)\n",
              out["train_over_bare"].get<double>(), out["sam_over_sgd"].get<double>());
}

void run(const Options& options) {
  configure(1, true);
  const Values sgd{{"lr", 0.01}, {"momentum", 0.9}};
  Trial plain({"sgd", sgd}), sharp({"sam", {{"rho", 0.05}, {"base", Spec{"sgd", sgd}}}});
  const std::string root = kRoot;
  BareLoop bare(read_idx_images(root + "/train-images-idx3-ubyte.gz"),
                read_idx_labels(root + "/train-labels-idx1-ubyte.gz", 60'000), kBatch);
  std::vector<Contender> all{{"bare", [&] { bare.step(); }},
                             {"train_sgd", [&] { plain.step(); }},
                             {"train_sam", [&] { sharp.step(); }}};
  if (!options.only.empty()) {
    auto alone = named(all, options.only);
    while (alone.seconds < options.seconds) run_slice(alone, kSlice);
    std::printf("%s: %.0f steps/s\n", alone.name.c_str(),
                static_cast<double>(alone.steps) / alone.seconds);
    return;
  }
  run_block(all, 0.5, kSlice);  // warm-up
  for (auto& who : all) who.rates.clear();
  for (int block = 0; block < options.blocks; ++block) run_block(all, options.seconds, kSlice);
  print(all, options.json);
}

}  // namespace

int main(int count, char** words) {
  try {
    run(read_options(count, words));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "assay-bench: %s\n", error.what());
    return 1;
  }
}
