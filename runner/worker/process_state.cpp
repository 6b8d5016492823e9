// Compared before and after a plugin is loaded, around each component that is built, and between
// units. A check that finds nothing costs a few system calls: it is made often.
#include "runner/worker/process_state.h"

#include <immintrin.h>
#include <link.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <clocale>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

namespace assay {
namespace {

constexpr unsigned kStatusFlags = 0x3f;  // sticky exception flags: any arithmetic sets them
constexpr std::array kTimers = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};
constexpr std::array kStreams = {"standard input", "standard output", "standard error"};

unsigned modes() {
  return _mm_getcsr() & ~kStatusFlags;
}

// umask() tells it only by setting another, and a file that a thread makes in between would be open
// to all.
std::optional<mode_t> current_mask() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (unsigned mask = 0; word == "Umask:" && status >> std::oct >> mask) return mask;
  return {};
}

sigset_t currently_blocked() {
  sigset_t set;
  pthread_sigmask(SIG_BLOCK, nullptr, &set);
  return set;
}

unsigned armed_timers() {
  unsigned armed = 0;
  for (std::size_t k = 0; k < kTimers.size(); ++k) {
    itimerval timer = {};
    getitimer(kTimers[k], &timer);
    if (timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0) armed |= 1u << k;
  }
  return armed;
}

std::vector<char*> environment_pointers() {
  std::vector<char*> all;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry)
    all.push_back(*entry);
  return all;
}

bool same(const std::vector<char*>& pointers) {
  if (environ == nullptr) return pointers.empty();
  std::size_t k = 0;
  for (; k < pointers.size(); ++k)
    if (environ[k] != pointers[k]) return false;
  return environ[k] == nullptr;
}

std::pair<dev_t, ino_t> inode_of(int descriptor) {
  struct stat s = {};
  return ::fstat(descriptor, &s) == 0 ? std::pair(s.st_dev, s.st_ino) : std::pair<dev_t, ino_t>();
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
      mask_(current_mask()),
      blocked_(currently_blocked()),
      armed_(armed_timers()),
      pointers_(environment_pointers()),
      entries_(pointers_.begin(), pointers_.end()),
      terminate_(std::get_terminate()),
      new_(std::get_new_handler()) {
  char path[PATH_MAX] = {};
  if (::getcwd(path, sizeof path) != nullptr) folder_ = path;
  struct stat here = {};
  ::stat(".", &here);
  inode_ = {here.st_dev, here.st_ino};
  links_ = here.st_nlink;
  for (std::size_t k = 0; k < kSignals.size(); ++k) sigaction(kSignals[k], nullptr, &handlers_[k]);
  for (std::size_t k = 0; k < limits_.size(); ++k)
    getrlimit(static_cast<__rlimit_resource>(k), &limits_[k]);
  for (std::size_t k = 0; k < streams_.size(); ++k) streams_[k] = inode_of(static_cast<int>(k));
}

std::string ProcessState::restore() const {
  std::string changed = restore_arithmetic();
  for (const auto part : {&ProcessState::folder, &ProcessState::mask, &ProcessState::handlers,
                          &ProcessState::timers, &ProcessState::limits, &ProcessState::environment,
                          &ProcessState::last_resorts, &ProcessState::streams})
    if (auto what = (this->*part)(); !what.empty()) changed = std::move(what);
  return changed;
}

std::string ProcessState::restore_arithmetic() const {
  if (modes() != floating_point_) {
    _mm_setcsr(floating_point_);
    return "changed the floating-point mode of the process; build it without -ffast-math, and "
           "leave rounding and denormals as they are";
  }
  if (locale_ == std::setlocale(LC_ALL, nullptr)) return "";
  std::setlocale(LC_ALL, locale_.c_str());
  return "changed the locale; leave it as it is";
}

// By its inode: whoever renames the folder in which a sweep runs has changed nothing.
std::string ProcessState::folder() const {
  struct stat now = {};
  ::stat(".", &now);
  if (std::pair(now.st_dev, now.st_ino) != inode_)
    return ::chdir(folder_.c_str()) == 0 ? "changed the working folder; leave it as it is"
                                         : "changed the working folder and removed the old one";
  return now.st_nlink == 0 && links_ > 0 ? "removed the working folder; leave files to the runner"
                                         : "";
}

std::string ProcessState::mask() const {
  const auto now = current_mask();
  if (!now || !mask_ || now == mask_) return "";
  ::umask(*mask_);
  return "changed the umask; leave it as it is";
}

std::string ProcessState::handlers() const {
  std::string changed;
  for (std::size_t k = 0; k < kSignals.size(); ++k) {
    struct sigaction now = {};
    sigaction(kSignals[k], nullptr, &now);
    if (now.sa_handler == handlers_[k].sa_handler) continue;
    sigaction(kSignals[k], &handlers_[k], nullptr);
    changed = "changed the handler of SIG" + std::string(sigabbrev_np(kSignals[k])) +
              "; signals belong to the runner";
  }
  const sigset_t blocked = currently_blocked();
  for (const int signal : kSignals) {
    if (sigismember(&blocked, signal) == sigismember(&blocked_, signal)) continue;
    pthread_sigmask(SIG_SETMASK, &blocked_, nullptr);
    changed = "blocked or unblocked SIG" + std::string(sigabbrev_np(signal)) +
              "; signals belong to the runner";
  }
  return changed;
}

std::string ProcessState::timers() const {
  const unsigned now = armed_timers();
  if (now == armed_) return "";
  const itimerval none = {};
  for (std::size_t k = 0; k < kTimers.size(); ++k)
    if ((now & ~armed_ & 1u << k) != 0) setitimer(kTimers[k], &none, nullptr);
  return "set a timer (alarm or setitimer), which would end the process; do not use one";
}

std::string ProcessState::limits() const {
  std::string changed;
  for (std::size_t k = 0; k < limits_.size(); ++k) {
    const auto which = static_cast<__rlimit_resource>(k);
    rlimit now = {};
    getrlimit(which, &now);
    if (now.rlim_cur == limits_[k].rlim_cur && now.rlim_max == limits_[k].rlim_max) continue;
    setrlimit(which, &limits_[k]);
    changed = "changed a resource limit (setrlimit); leave the limits as they are";
  }
  return changed;
}

// What is added passes: LibTorch itself does so when it first sees a GPU.
std::string ProcessState::environment() const {
  if (same(pointers_)) return "";
  std::string changed;
  for (const auto& entry : entries_) {
    const auto name = entry.substr(0, entry.find('='));
    const auto value = entry.substr(std::min(name.size() + 1, entry.size()));
    const char* now = std::getenv(name.c_str());
    if (now != nullptr && now == value) continue;
    ::setenv(name.c_str(), value.c_str(), 1);
    changed = "changed " + name + " in the environment; leave it as it is";
  }
  return changed;
}

std::string ProcessState::last_resorts() const {
  if (std::get_terminate() != terminate_) {
    std::set_terminate(terminate_);
    return "changed the terminate handler; leave it as it is";
  }
  if (std::get_new_handler() == new_) return "";
  std::set_new_handler(new_);
  return "changed the new handler; leave it as it is";
}

std::string ProcessState::streams() const {
  for (std::size_t k = 0; k < streams_.size(); ++k)
    if (inode_of(static_cast<int>(k)) != streams_[k])
      return std::string("closed or replaced ") + kStreams[k] + "; leave it as it is";
  return "";
}

std::string second_libtorch() {
  std::multimap<std::string, std::string> mapped;
  dl_iterate_phdr(note_libtorch, &mapped);
  for (const auto& [name, path] : mapped)
    if (mapped.count(name) > 1) return path;
  return "";
}

}  // namespace assay
