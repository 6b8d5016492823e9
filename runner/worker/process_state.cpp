// Compared before and after a plugin is loaded.
#include "runner/worker/process_state.h"

#include <immintrin.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <clocale>
#include <cstring>
#include <filesystem>
#include <map>

namespace assay {
namespace {

constexpr unsigned kStatusFlags = 0x3f;  // sticky exception flags: any arithmetic sets them

unsigned modes() {
  return _mm_getcsr() & ~kStatusFlags;
}

unsigned current_mask() {
  const auto mask = ::umask(0);
  ::umask(mask);
  return mask;
}

std::string current_folder() {
  std::error_code gone;
  return std::filesystem::current_path(gone).string();
}

int note_libtorch(dl_phdr_info* info, std::size_t, void* data) {
  const std::string path = info->dlpi_name;
  const std::string name = std::filesystem::path(path).filename();
  if (name.starts_with("libtorch_cpu.so") || name.starts_with("libc10.so"))
    (*static_cast<std::multimap<std::string, std::string>*>(data)).emplace(name, path);
  return 0;
}

}  // namespace

ProcessState::ProcessState()
    : floating_point_(modes()),
      locale_(std::setlocale(LC_ALL, nullptr)),
      folder_(current_folder()),
      mask_(current_mask()) {
  for (std::size_t k = 0; k < kSignals.size(); ++k) sigaction(kSignals[k], nullptr, &handlers_[k]);
}

std::string ProcessState::restore() const {
  std::string changed;
  if (modes() != floating_point_) {
    _mm_setcsr(floating_point_);
    changed = "changed the floating-point mode of the process; build it without -ffast-math";
  }
  if (locale_ != std::setlocale(LC_ALL, nullptr)) {
    std::setlocale(LC_ALL, locale_.c_str());
    changed = "changed the locale; leave it as it is";
  }
  if (current_mask() != mask_) {
    ::umask(mask_);
    changed = "changed the umask; leave it as it is";
  }
  if (current_folder() != folder_) {
    if (::chdir(folder_.c_str()) != 0) changed.clear();
    changed = "changed the working folder; leave it as it is";
  }
  for (std::size_t k = 0; k < kSignals.size(); ++k) {
    struct sigaction now = {};
    sigaction(kSignals[k], nullptr, &now);
    if (now.sa_handler == handlers_[k].sa_handler) continue;
    sigaction(kSignals[k], &handlers_[k], nullptr);
    changed = "changed the handler of SIG" + std::string(sigabbrev_np(kSignals[k])) +
              "; signals belong to the runner";
  }
  return changed;
}

std::string second_libtorch() {
  std::multimap<std::string, std::string> mapped;
  dl_iterate_phdr(note_libtorch, &mapped);
  for (const auto& [name, path] : mapped)
    if (mapped.count(name) > 1) return path;
  return "";
}

}  // namespace assay
