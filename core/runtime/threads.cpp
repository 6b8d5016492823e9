// Which CPUs the threads of a worker use, and how many of them a step has work for.
#include <memory>
#include <string_view>

#include <sched.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#include <ATen/Parallel.h>
#include <ATen/record_function.h>

#include "core/runtime/runtime.h"

namespace assay {

#ifdef _OPENMP
namespace {

cpu_set_t allowed_cpus() {
  cpu_set_t all;
  CPU_ZERO(&all);
  sched_getaffinity(0, sizeof all, &all);
  return all;
}

// The process's CPUs, before any thread is pinned.
const cpu_set_t& process_cpus() {
  static const cpu_set_t all = allowed_cpus();
  return all;
}

cpu_set_t one_cpu(int index) {
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &process_cpus()) && index-- == 0) CPU_SET(cpu, &one);
  return one;
}

}  // namespace
#endif

// Beside a busy process, the kernel moves a waiting thread onto the CPU of another one of ours, and
// all wait for that one. Pinned, each shares its own CPU fairly. With fewer threads than CPUs, the
// kernel finds a free one, and pinning could make two workers share theirs.
void pin_threads(int threads) {
#ifdef _OPENMP
  if (threads < 2 || threads != CPU_COUNT(&process_cpus())) return use_all_cpus();
  at::parallel_for(0, threads, 1, [](std::int64_t, std::int64_t) {
    const auto own = one_cpu(at::get_thread_num());
    sched_setaffinity(0, sizeof own, &own);
  });
#else
  static_cast<void>(threads);
#endif
}

void use_all_cpus() {
#ifdef _OPENMP
  sched_setaffinity(0, sizeof process_cpus(), &process_cpus());
#endif
}

void use_one_thread() {
  use_all_cpus();
#ifdef _OPENMP
  at::get_num_threads();  // reads the number of the process, once per thread; then ours counts
  omp_set_num_threads(1);
#endif
}

namespace {

// Floating-point operations from which two threads were faster than one, measured with perceptrons
// and convolutional networks: docs/benchmarks.md. A convolution comes with more work per operation
// around it (normalization, activation, pooling) that threads share too.
constexpr double kProduct = 2.5e6, kConvolution = 4e5;

// The counter of this thread, for LibTorch's callback, which takes no argument of ours.
thread_local ProductCounter* counting = nullptr;

double numel(const c10::IValue& value) {
  return value.isTensor() ? static_cast<double>(value.toTensor().numel()) : 0;
}

// 2 m k n of [m, k] times [k, n], or of a batch of them.
double product_flops(const c10::IValue& a, const c10::IValue& b) {
  return b.isTensor() && b.toTensor().dim() > 1
             ? 2 * numel(a) * static_cast<double>(b.toTensor().size(-1))
             : 0;
}

// As with stride 1: for each place of the input, each weight once.
double convolution_flops(const c10::IValue& input, const c10::IValue& weight) {
  if (!input.isTensor() || input.toTensor().dim() < 2) return 0;
  const auto channels = static_cast<double>(input.toTensor().size(1));
  return channels > 0 ? 2 * numel(input) / channels * numel(weight) : 0;
}

double size_of(const at::RecordFunction& call) {
  const std::string_view name = call.name();
  const auto in = call.inputs();
  if (name == "aten::convolution" && in.size() > 1)
    return convolution_flops(in[0], in[1]) / kConvolution;
  if ((name == "aten::mm" || name == "aten::bmm") && in.size() > 1)
    return product_flops(in[0], in[1]) / kProduct;
  if ((name == "aten::addmm" || name == "aten::baddbmm") && in.size() > 2)
    return product_flops(in[1], in[2]) / kProduct;
  return 0;
}

std::unique_ptr<at::ObserverContext> count(const at::RecordFunction& call) {
  if (counting != nullptr) counting->add(size_of(call));
  return nullptr;
}

}  // namespace

ProductCounter::ProductCounter()
    : callback_(
          at::addThreadLocalCallback(at::RecordFunctionCallback(count).needsInputs(true).scopes(
              {at::RecordScope::FUNCTION}))) {
  counting = this;
}

ProductCounter::~ProductCounter() {
  counting = nullptr;
  at::removeCallback(callback_);
}

void ProductCounter::add(double size) {
  sum_ += size;
  squares_ += size * size;
}

int ProductCounter::choose_threads(int most) const {
  return sum_ > 0 && squares_ / sum_ < 1 ? 1 : most;
}

}  // namespace assay
