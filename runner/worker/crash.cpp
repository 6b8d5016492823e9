// The handler allocates nothing. Names of functions come from addr2line, which a child runs; of
// LibTorch and the system the exported names alone are written.
#include "runner/worker/crash.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace assay {
namespace {

constexpr std::size_t kPlace = 200, kStack = 1 << 16;
constexpr int kFrames = 48;
char crash_place[kPlace + 1] = "";
volatile std::sig_atomic_t crashed_with = 0;
alignas(16) char handler_stack[kStack];  // the other one may have overflowed

void put(const char* text) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, std::strlen(text));
}

// Not of LibTorch, whose file takes addr2line seconds, and of the system.
bool has_symbols(const char* file) {
  const char* slash = std::strrchr(file, '/');
  const char* name = slash == nullptr ? file : slash + 1;
  for (const char* other :
       {"libtorch", "libc10", "libcuda", "libgomp", "libstdc++", "libc.", "ld-"})
    if (std::strncmp(name, other, std::strlen(other)) == 0) return false;
  return true;
}

// "function at file:line", on standard error.
bool run_addr2line(const char* file, const char* offset) {
  const pid_t child = ::_Fork();  // fork() would wait for malloc, in which the crash may have been
  if (child == 0) {
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    ::execlp("addr2line", "addr2line", "-C", "-f", "-p", "-e", file, offset, nullptr);
    ::_exit(127);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

void write_frame(int number, void* address) {
  char line[512];
  Dl_info info = {};
  if (::dladdr(address, &info) == 0 || info.dli_fname == nullptr) {
    std::snprintf(line, sizeof line, "  #%d %p\n", number, address);
    return put(line);
  }
  // One byte back: a frame holds where its call returns to, which may be the next function.
  const auto offset = static_cast<std::size_t>(static_cast<const char*>(address) -
                                               static_cast<const char*>(info.dli_fbase)) -
                      1;
  char place[32];
  std::snprintf(place, sizeof place, "0x%zx", offset);
  std::snprintf(line, sizeof line, "  #%d %s+%s ", number, info.dli_fname, place);
  put(line);
  if (has_symbols(info.dli_fname) && run_addr2line(info.dli_fname, place)) return;
  put(info.dli_sname == nullptr ? "" : info.dli_sname);
  put("\n");
}

// Whatever the trace waits for, the process ends by the signal that it crashed with.
void end_now(int) {
  std::signal(crashed_with, SIG_DFL);
  ::raise(crashed_with);
}

void trace(int signal) {
  constexpr unsigned kLongest = 20;  // seconds
  crashed_with = signal;
  std::signal(signal, SIG_DFL);
  std::signal(SIGALRM, end_now);
  ::alarm(kLongest);
  char line[kPlace + 128];
  std::snprintf(line, sizeof line, "crashed with signal %d (SIG%s)%s%s\n", signal,
                sigabbrev_np(signal), crash_place[0] == '\0' ? "" : ", in ", crash_place);
  put(line);
  void* frames[kFrames];
  const int count = ::backtrace(frames, kFrames);
  // The first two are this function and the signal's frame.
  for (int i = 2; i < count; ++i) write_frame(i - 2, frames[i]);
  ::raise(signal);
}

}  // namespace

void trace_crashes() {
  void* warm[1];
  ::backtrace(warm, 1);  // loads its library now: the handler must not
  stack_t stack = {};
  stack.ss_sp = handler_stack;
  stack.ss_size = kStack;
  ::sigaltstack(&stack, nullptr);
  struct sigaction action = {};
  action.sa_handler = trace;
  action.sa_flags = SA_ONSTACK | SA_NODEFER;
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
    struct sigaction before = {};
    ::sigaction(signal, nullptr, &before);
    if (before.sa_handler == SIG_DFL) ::sigaction(signal, &action, nullptr);  // a sanitizer's stays
  }
}

void set_crash_place(std::string_view place) {
  const auto size = std::min(place.size(), kPlace);
  std::memcpy(crash_place, place.data(), size);
  crash_place[size] = '\0';
}

}  // namespace assay
