#include "assay/sdk/wrapper.h"

namespace assay {

Wrapper::~Wrapper() = default;

void Wrapper::check(Problem& problem) {
  const auto seen = view(problem);
  base_->check(seen ? *seen : problem);
}

double Wrapper::step(Problem& problem) {
  const auto seen = view(problem);
  const double loss = seen ? seen->step(*base_) : base_->step(problem);
  after_step(problem);
  return loss;
}

void Wrapper::save(State& state) const {
  state.put_nested("base", *base_);
}

void Wrapper::load(const State& state) {
  base_->load(state.nested("base"));
}

}  // namespace assay
