// Devices by name, threads, determinism, autocast, memory; and no CUDA library without a GPU.
#include <catch2/catch.hpp>

#include <cstdlib>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>

#include "assay/error.h"
#include "core/runtime/cuda_module.h"
#include "core/runtime/runtime.h"
#include "tests/support/shell.h"

using namespace assay;

namespace {

std::string refusal(std::string_view word) {
  try {
    return "accepted: " + choose_device(word).str();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kParameter);
    return error.what();
  }
}

bool without_gpu() {
  if (visible_gpus() == 0) return true;
  WARN("skipped: this machine has a GPU");
  return false;
}

torch::ScalarType product_dtype() {
  const auto x = at::ones({4, 4});
  return at::mm(x, x).scalar_type();
}

}  // namespace

TEST_CASE("words that are no device are refused with those that are") {
  CHECK(choose_device("cpu") == torch::kCPU);
  for (const auto* word : {"", "gpu", "CPU", "Cuda", " cpu", "cuda:", "cuda:-1", "cuda:x",
                           "cuda:1x", "cuda:0x1", "cuda: 1", "cuda:99999999999", "auto:0"}) {
    INFO(word);
    CHECK_THAT(refusal(word), Catch::Contains(std::string("`").append(word).append("`")) &&
                                  Catch::Contains("not a device") && Catch::Contains("`auto`"));
  }
}

TEST_CASE("without a GPU, auto is the CPU and cuda says why not") {
  if (!without_gpu()) return;
  CHECK(choose_device("auto") == torch::kCPU);
  CHECK_THAT(refusal("cuda"), Catch::Contains("no usable NVIDIA GPU") && Catch::Contains("`cpu`"));
  CHECK_THAT(refusal("cuda:3"), Catch::Contains("no usable NVIDIA GPU"));
}

TEST_CASE("without a GPU, no CUDA library is in the process") {
  if (!without_gpu()) return;
  CHECK(choose_device("auto") == torch::kCPU);
  const auto maps = testing::slurp("/proc/self/maps");
  CHECK(maps.find("libtorch_cpu") != std::string::npos);
  for (const auto* library : {"libtorch_cuda", "libc10_cuda", "libassay_cuda"}) {
    INFO(library);
    CHECK((maps.find(library) == std::string::npos));
  }
}

TEST_CASE("a device past the last GPU is refused with those there are") {
  if (visible_gpus() == 0 || cuda_module() == nullptr) {
    WARN("skipped: no GPU here, or a build without CUDA");
    return;
  }
  CHECK(choose_device("auto") == torch::Device(torch::kCUDA, 0));
  CHECK(cuda_module()->device_count() == visible_gpus());
  CHECK_THAT(refusal("cuda:64"), Catch::Contains("cuda:0 to cuda:"));
}

TEST_CASE("threads and determinism can be set again and again") {
  configure(2, true);
  CHECK(at::get_num_threads() == 2);
  CHECK(at::globalContext().deterministicAlgorithms());
  CHECK_FALSE(at::globalContext().deterministicAlgorithmsWarnOnly());
  CHECK_FALSE(at::globalContext().deterministicFillUninitializedMemory());
  configure(1, false);
  CHECK(at::get_num_threads() == 1);
  CHECK_FALSE(at::globalContext().deterministicAlgorithms());
}

TEST_CASE("tensors are to lie in huge pages, unless the user says otherwise") {
  unsetenv("THP_MEM_ALLOC_ENABLE");
  configure(1, true);
  CHECK(std::string(std::getenv("THP_MEM_ALLOC_ENABLE")) == "1");
  setenv("THP_MEM_ALLOC_ENABLE", "0", /*overwrite=*/1);
  configure(1, true);
  CHECK(std::string(std::getenv("THP_MEM_ALLOC_ENABLE")) == "0");
}

TEST_CASE("autocast holds for its scope, and nests") {
  CHECK(product_dtype() == torch::kFloat);
  {
    const Autocast outer(true, torch::kCPU);
    CHECK(product_dtype() == torch::kBFloat16);
    {
      const Autocast off(false, torch::kCPU);
      CHECK(product_dtype() == torch::kBFloat16);
      const Autocast inner(true, torch::kCPU);
      CHECK(product_dtype() == torch::kBFloat16);
    }
    CHECK(product_dtype() == torch::kBFloat16);
  }
  CHECK(product_dtype() == torch::kFloat);
}

TEST_CASE("pinning for a CPU does nothing") {
  const auto x = at::ones({3});
  CHECK(pinned(x, torch::kCPU).is_same(x));
}

TEST_CASE("peak memory sees a tensor that was touched, after it is gone") {
  const auto before = peak_memory(torch::kCPU);
  CHECK(before.host > 0);
  CHECK(before.device == 0);
  constexpr std::int64_t kBytes = 512 << 20;  // well over what other tests have used
  { at::ones({kBytes}, torch::kByte); }
  CHECK(peak_memory(torch::kCPU).host >= kBytes);
  CHECK(peak_memory(torch::kCPU).host >= before.host);
}
