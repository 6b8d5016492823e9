// Looks for a GPU without LibTorch's help, and loads the CUDA module from beside this library.
#include "core/runtime/cuda_module.h"

#include <dlfcn.h>

#include <filesystem>

#include "assay/error.h"

namespace assay {
namespace {

int count_gpus() {
  // Never closed: the driver does not like to be unloaded.
  void* const driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (driver == nullptr) return 0;
  const auto init = reinterpret_cast<int (*)(unsigned)>(dlsym(driver, "cuInit"));
  const auto count = reinterpret_cast<int (*)(int*)>(dlsym(driver, "cuDeviceGetCount"));
  int found = 0;
  if (init == nullptr || count == nullptr || init(0) != 0 || count(&found) != 0) return 0;
  return found;
}

const CudaModule* load_module() {
  Dl_info here{};
  if (dladdr(reinterpret_cast<const void*>(&cuda_module), &here) == 0) return nullptr;
  const auto file = std::filesystem::path(here.dli_fname).parent_path() / "libassay_cuda.so";
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return nullptr;
  void* const module = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr)
    throw Error(
        ErrorKind::kParameter,
        std::string("this machine has a GPU, but the CUDA module cannot be loaded: ") + dlerror() +
            "; install the NVIDIA packages that the torch wheel requires, or set `device: cpu`");
  const auto table =
      reinterpret_cast<decltype(&assay_cuda_module)>(dlsym(module, "assay_cuda_module"));
  if (table == nullptr)
    throw Error(ErrorKind::kParameter,
                file.string() + " is not a CUDA module of Assay; rebuild it");
  return table();
}

}  // namespace

int visible_gpus() {
  static const int count = count_gpus();
  return count;
}

const CudaModule* cuda_module() {
  static const CudaModule* const module = load_module();
  return module;
}

}  // namespace assay
