// LD_PRELOAD: counts the calls by which a program changes files below a folder, and at one of them
// kills it, or lets it fail; and sets its wall clock wrong. The products know nothing of it.
//
//   FAULT_UNDER=DIR      calls on files below it count         FAULT_PROGRAM=NAME  in this program
//   only FAULT_COUNTER=FILE   8 bytes, shared by all processes: how many there were FAULT_KILL=K
//   SIGKILL at call K, before it is made (K even) or after (K odd); the name of
//                        the point is appended to FAULT_LOG
//   FAULT_FULL=FILE      while this file is there, calls that take room fail with ENOSPC
//   FAULT_CLOCK=SECONDS  each reading of the wall clock jumps by up to as much, back or forth
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

template <class F>
F real(F, const char* name) {
  return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}
#define REAL(name) real(&name, #name)

bool in_program() {
  static const bool it = [] {
    const char* wanted = getenv("FAULT_PROGRAM");
    char path[PATH_MAX] = {};
    if (wanted == nullptr) return true;
    if (readlink("/proc/self/exe", path, sizeof path - 1) < 0) return false;
    const char* slash = strrchr(path, '/');
    return strcmp(slash == nullptr ? path : slash + 1, wanted) == 0;
  }();
  return it;
}

bool below(const char* path) {
  static const char* const under = getenv("FAULT_UNDER");
  return under != nullptr && in_program() && strncmp(path, under, strlen(under)) == 0;
}

std::atomic<std::uint64_t>& counter() {
  static std::atomic<std::uint64_t>* const it = [] {
    static std::atomic<std::uint64_t> own;
    const char* file = getenv("FAULT_COUNTER");
    const int fd = file == nullptr ? -1 : REAL(open)(file, O_RDWR | O_CLOEXEC);
    if (fd < 0) return &own;
    void* shared = mmap(nullptr, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    REAL(close)(fd);
    return shared == MAP_FAILED ? &own : static_cast<std::atomic<std::uint64_t>*>(shared);
  }();
  return *it;
}

[[noreturn]] void die(const char* call, const char* path, bool after) {
  const char* file = getenv("FAULT_LOG");
  const int fd = file == nullptr ? -1 : REAL(open)(file, O_WRONLY | O_APPEND | O_CREAT, 0644);
  char line[PATH_MAX + 64];
  const int n = snprintf(line, sizeof line, "%s %s %s\n", after ? "after" : "before", call, path);
  if (fd >= 0 && REAL(write)(fd, line, static_cast<std::size_t>(n)) < 0) _exit(99);
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

// One call: made, refused, or the last that this process makes.
template <class Call>
auto step(const char* name, const char* path, bool takes_room, Call call) -> decltype(call()) {
  if (!below(path)) return call();
  static const char* const wanted = getenv("FAULT_KILL");
  static const char* const full = getenv("FAULT_FULL");
  static const auto at = wanted == nullptr ? 0 : strtoull(wanted, nullptr, 10);
  const bool here = counter().fetch_add(1) + 1 == at;
  if (here && at % 2 == 0) die(name, path, false);
  if (takes_room && full != nullptr && access(full, F_OK) == 0) {
    errno = ENOSPC;
    return -1;
  }
  const auto answer = call();
  if (here) die(name, path, true);
  return answer;
}

const char* path_of(int fd, char (&path)[PATH_MAX]) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const auto n = readlink(link, path, sizeof path - 1);
  path[n < 0 ? 0 : n] = '\0';
  return path;
}

template <class Call>
auto step(const char* name, int fd, bool takes_room, Call call) -> decltype(call()) {
  static const char* const under = getenv("FAULT_UNDER");
  char path[PATH_MAX];
  return under == nullptr ? call() : step(name, path_of(fd, path), takes_room, call);
}

void jump(timespec* now) {
  static const char* const most = getenv("FAULT_CLOCK");
  static std::atomic<unsigned> readings{0};
  if (most == nullptr) return;
  const long span = atol(most);
  now->tv_sec +=
      static_cast<long>(readings.fetch_add(1) * 2654435761U) % span * (readings % 2 == 0 ? 1 : -1);
}

}  // namespace

#pragma GCC diagnostic ignored "-Wpedantic"
extern "C" {

#define OPEN(name)                                                                  \
  int name(const char* path, int flags, ...) {                                      \
    va_list rest;                                                                   \
    va_start(rest, flags);                                                          \
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                                   \
    const auto call = [&] { return REAL(name)(path, flags, mode); };                \
    return (flags & O_CREAT) ? step("open", path, true, call) : call();             \
  }
OPEN(open)
OPEN(open64)

ssize_t write(int fd, const void* bytes, size_t size) {
  return step("write", fd, true, [&] { return REAL(write)(fd, bytes, size); });
}
int fsync(int fd) {
  return step("fsync", fd, false, [&] { return REAL(fsync)(fd); });
}
int ftruncate(int fd, off_t size) {
  return step("ftruncate", fd, false, [&] { return REAL(ftruncate)(fd, size); });
}
int fallocate(int fd, int mode, off_t from, off_t size) {
  return step("fallocate", fd, true, [&] { return REAL(fallocate)(fd, mode, from, size); });
}
int rename(const char* from, const char* to) {
  return step("rename", to, false, [&] { return REAL(rename)(from, to); });
}
int renameat2(int a, const char* from, int b, const char* to, unsigned flags) {
  return step("renameat2", to, false, [&] { return REAL(renameat2)(a, from, b, to, flags); });
}
int mkdir(const char* path, mode_t mode) {
  return step("mkdir", path, true, [&] { return REAL(mkdir)(path, mode); });
}
int symlink(const char* target, const char* path) {
  return step("symlink", path, true, [&] { return REAL(symlink)(target, path); });
}
int unlink(const char* path) {
  return step("unlink", path, false, [&] { return REAL(unlink)(path); });
}
int rmdir(const char* path) {
  return step("rmdir", path, false, [&] { return REAL(rmdir)(path); });
}
int remove(const char* path) {
  return step("remove", path, false, [&] { return REAL(remove)(path); });
}

int clock_gettime(clockid_t which, timespec* now) {
  const int answer = REAL(clock_gettime)(which, now);
  if (answer == 0 && which == CLOCK_REALTIME && in_program()) jump(now);
  return answer;
}
}
