// Figures: what a step reports for people, as means since the last row.
#pragma once

#include "assay/sdk/training.h"

class Figures {
 public:
  void add(const std::string& name, double value) { sums_[name].add({value, 1}); }
  void add(const std::map<std::string, assay::BatchProblem::Figure>& more) {
    for (const auto& [name, figure] : more) sums_[name].add(figure);
  }
  void report(assay::Results& results) {
    for (const auto& [name, figure] : sums_)
      results.metric("train/" + name, figure.sum / static_cast<double>(figure.count));
    sums_.clear();
  }

  void save(assay::State& state) const {
    assay::Strings names;
    assay::Reals sums;
    assay::Integers counts;
    for (const auto& [name, figure] : sums_) {
      names.push_back(name);
      sums.push_back(figure.sum);
      counts.push_back(figure.count);
    }
    state.put("figures", names);
    state.put("figure_sums", sums);
    state.put("figure_counts", counts);
  }
  void load(const assay::State& state) {
    const auto names = state.scalar<assay::Strings>("figures");
    const auto sums = state.scalar<assay::Reals>("figure_sums");
    const auto counts = state.scalar<assay::Integers>("figure_counts");
    sums_.clear();
    for (std::size_t i = 0; i < names.size(); ++i) sums_[names[i]] = {sums.at(i), counts.at(i)};
  }

 private:
  std::map<std::string, assay::BatchProblem::Figure> sums_;
};
