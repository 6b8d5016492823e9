#include "runner/conformance/watches.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include <ATen/CPUGeneratorImpl.h>

#include "runner/conformance/trial.h"

namespace assay::conformance {

OutputWatch::OutputWatch() {
  std::fflush(stdout);
  saved_ = ::dup(STDOUT_FILENO);
  file_ = ::open("/tmp", O_TMPFILE | O_RDWR, 0600);
  ::dup2(file_, STDOUT_FILENO);
}

OutputWatch::~OutputWatch() {
  std::fflush(stdout);
  ::dup2(saved_, STDOUT_FILENO);
  ::close(saved_);
  ::close(file_);
}

bool OutputWatch::is_silent() const {
  std::fflush(stdout);
  return ::lseek(file_, 0, SEEK_END) <= 0;
}

GeneratorWatch::GeneratorWatch() : state_(at::detail::getDefaultCPUGenerator().get_state()) {}

bool GeneratorWatch::was_used() const {
  return !at::detail::getDefaultCPUGenerator().get_state().equal(state_);
}

TensorWatch::TensorWatch(Tensors tensors)
    : tensors_(std::move(tensors)), copies_(testing::copies(tensors_)) {
  for (const auto& tensor : tensors_) versions_.push_back(tensor._version());
}

bool TensorWatch::has_changed() const {
  for (std::size_t i = 0; i < tensors_.size(); ++i)
    if (tensors_[i]._version() != versions_[i]) return true;
  return !testing::same(testing::copies(tensors_), copies_);
}

double WatchedProblem::loss() {
  return evaluated([&] { return inner_.loss(); });
}
Gradient WatchedProblem::raw_gradient() {
  return evaluated([&] { return inner_.raw_gradient(); });
}
std::vector<Part> WatchedProblem::losses(By by) {
  return evaluated([&] { return inner_.losses(by); });
}
std::vector<Part> WatchedProblem::gradients(By by) {
  return evaluated([&] { return inner_.gradients(by); });
}
Part WatchedProblem::gradient_of(By by, std::int64_t index) {
  return evaluated([&] { return inner_.gradient_of(by, index); });
}
Gradient WatchedProblem::weighted_gradient(By by, const Weigh& weigh) {
  return evaluated([&] { return inner_.weighted_gradient(by, weigh); });
}
Tensors WatchedProblem::hessian_times(const Tensors& v) {
  return evaluated([&] { return inner_.hessian_times(v); });
}

std::vector<Problem::Subproblem> WatchedProblem::split(std::int64_t samples) {
  was_split_ = true;
  return inner_.split(samples);
}

}  // namespace assay::conformance
