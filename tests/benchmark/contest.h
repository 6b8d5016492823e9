// Loops that are timed in turns within one run, and compared.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace assay::benchmark {

struct Contender {
  std::string name;
  std::function<void()> step;
  std::vector<double> rates = {};  // steps a second, one a block
  double seconds = 0;
  std::int64_t steps = 0;
};

inline void run_slice(Contender& who, int steps) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < steps; ++i) who.step();
  who.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  who.steps += steps;
}

// Each runs a slice of `steps` steps before the next has its turn, so that all see the same noise.
inline void run_block(std::vector<Contender>& all, double seconds, int steps) {
  for (auto& who : all) who.seconds = 0, who.steps = 0;
  while (all.front().seconds < seconds) {
    for (auto& who : all) run_slice(who, steps);
    std::rotate(all.begin() + 1, all.begin() + 2, all.end());  // another order of the others
  }
  for (auto& who : all) who.rates.push_back(static_cast<double>(who.steps) / who.seconds);
}

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

inline const Contender& named(const std::vector<Contender>& all, std::string_view name) {
  return *std::find_if(all.begin(), all.end(), [&](const auto& who) { return who.name == name; });
}

// How many times as long a step of `slow` takes; the median over the blocks.
inline double ratio(const Contender& slow, const Contender& fast) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < slow.rates.size(); ++i)
    ratios.push_back(fast.rates[i] / slow.rates[i]);
  return median(ratios);
}

}  // namespace assay::benchmark
