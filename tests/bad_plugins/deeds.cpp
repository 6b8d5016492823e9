// Every deed is a few lines of libc: the object is compiled once and linked into each plugin.
#include "deeds.h"

#include <fcntl.h>
#include <immintrin.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cfenv>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

namespace rude {
namespace {

namespace fs = std::filesystem;
constexpr int kLong = 120;  // seconds that what is left behind would live

void sleep_for_long() {
  prctl(PR_SET_NAME, "rude_orphan");
  for (const char fd : {0, 1, 2}) close(fd);
  sleep(kLong);
  std::_Exit(0);
}

void leave_child() {
  if (fork() == 0) sleep_for_long();
}

void leave_daemon() {
  const pid_t between = fork();
  if (between == 0) {
    setsid();
    if (fork() == 0) sleep_for_long();
    std::_Exit(0);
  }
  waitpid(between, nullptr, 0);
}

void fork_and_go_on() {
  static_cast<void>(!fork());
}

void leave_thread() {
  std::thread([] { sleep(kLong); }).detach();
}

[[noreturn]] void hang() {
  for (;;) pause();
}

[[noreturn]] void hang_deaf() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  for (;;) pause();
}

[[noreturn]] void eat_memory() {
  constexpr std::size_t kBite = 64 << 20;
  for (;;) std::memset(new char[kBite], 1, kBite);
}

// Without an end, though the compiler cannot tell.
int overflow(int depth) {
  volatile char room[4096];
  room[0] = static_cast<char>(depth);
  return depth < 0 ? 0 : overflow(depth + 1) + room[0];
}

void overflow_stack() {
  static_cast<void>(overflow(1));
}

void change_folder() {
  if (chdir("/tmp") != 0) std::abort();
}

// rmdir, and so an empty one alone.
void remove_folder() {
  fs::remove(fs::current_path());
}

void close_low_descriptors() {
  for (int fd = 0; fd < 10; ++fd) close(fd);
}

void close_all_descriptors() {
  close_range(0, ~0u, 0);
}

void block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void lower_limit() {
  rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur /= 2;
  setrlimit(RLIMIT_NOFILE, &files);
}

void forge_events() {
  const std::string lies =
      "garbage\n{\"event\": \"progress\", \"unit\": 99, \"units\": 99}\n{\"event\": \"end\", "
      "\"state\": \"done\"}\n";
  for (const int fd : {1, 3})
    if (write(fd, lies.data(), lies.size()) < 0) perror("forge");
}

void write_much() {
  const std::string line = std::string(1023, 'x') + "\n";
  for (int k = 0; k < 100 * 1024; ++k) std::fwrite(line.data(), 1, line.size(), stderr);
}

// The run folder is where the file of the rows is open.
fs::path run_folder() {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    const auto file = fs::read_symlink(entry.path(), none);
    if (file.filename() == "metrics.jsonl") return file.parent_path();
  }
  return {};
}

void remove_run_folder() {
  if (const auto folder = run_folder(); !folder.empty()) fs::remove_all(folder);
}

void remove_run_files() {
  const auto folder = run_folder();
  if (folder.empty()) return;
  fs::remove(folder / "metrics.jsonl");
  fs::remove_all(folder / "checkpoints");
}

void crash_at_exit() {
  std::atexit([] { std::abort(); });
}

const std::map<std::string_view, void (*)()>& deeds() {
  static const std::map<std::string_view, void (*)()> all = {
      {"throws", [] { throw std::runtime_error("not today"); }},
      {"throws_int", [] { throw 3; }},
      {"throws_bad_alloc", [] { throw std::bad_alloc(); }},
      {"segfault", [] { raise(SIGSEGV); }},
      {"aborts", [] { std::abort(); }},
      {"exits", [] { std::exit(0); }},
      {"leaves_at_once", [] { _exit(0); }},
      {"quick_exits", [] { std::quick_exit(0); }},
      {"ends_thread", [] { pthread_exit(nullptr); }},
      {"overflows_stack", overflow_stack},
      {"hangs", hang},
      {"hangs_deaf", hang_deaf},
      {"stops", [] { raise(SIGSTOP); }},
      {"eats_memory", eat_memory},
      {"leaves_thread", leave_thread},
      {"leaves_child", leave_child},
      {"leaves_daemon", leave_daemon},
      {"forks", fork_and_go_on},
      {"kills_group", [] { kill(0, SIGKILL); }},
      {"ends_group", [] { kill(0, SIGTERM); }},
      {"kills_parent", [] { kill(getppid(), SIGKILL); }},
      {"changes_folder", change_folder},
      {"removes_folder", remove_folder},
      {"changes_umask", [] { umask(0111); }},
      {"changes_locale", [] { std::setlocale(LC_ALL, "C.UTF-8"); }},
      {"handles_signal", [] { std::signal(SIGINT, SIG_IGN); }},
      {"blocks_signals", block_signals},
      {"flushes_denormals", [] { _mm_setcsr(_mm_getcsr() | 0x8040); }},
      {"changes_rounding", [] { std::fesetround(FE_UPWARD); }},
      {"sets_alarm", [] { alarm(kLong); }},
      {"lowers_limit", lower_limit},
      {"changes_environment", [] { unsetenv("PATH"); }},
      {"sets_terminate", [] { std::set_terminate([] { std::_Exit(0); }); }},
      {"sets_new_handler", [] { std::set_new_handler([] { std::_Exit(0); }); }},
      {"closes_low", close_low_descriptors},
      {"closes_all", close_all_descriptors},
      {"forges_events", forge_events},
      {"forges_end",
       [] {
         forge_events();
         std::abort();
       }},
      {"writes_much", write_much},
      {"removes_run_folder", remove_run_folder},
      {"removes_run_files", remove_run_files},
      {"crashes_at_exit", crash_at_exit},
  };
  return all;
}

}  // namespace

void misbehave(std::string_view deed) {
  if (const auto it = deeds().find(deed); it != deeds().end()) it->second();
}

}  // namespace rude
