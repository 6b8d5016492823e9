// fork and exec. Everything that allocates is done before the fork.
#include "runner/schedule/process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <utility>

#include "assay/error.h"
#include "runner/files/file_system.h"
#include "runner/system/child_processes.h"

namespace assay {
namespace {

constexpr std::size_t kLongestLine = 1 << 20;
// Polls of an OpenMP thread that waits for the others, before it sleeps. By default it polls for
// milliseconds, and keeps the CPU from the thread it waits for if another process is busy.
constexpr int kSpins = 10000;

std::vector<std::string> environment(int threads) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!text.starts_with("OMP_NUM_THREADS=") && !text.starts_with("MKL_NUM_THREADS="))
      all.emplace_back(text);
  }
  all.push_back(fmt::format("OMP_NUM_THREADS={}", threads));
  if (std::getenv("GOMP_SPINCOUNT") == nullptr && std::getenv("OMP_WAIT_POLICY") == nullptr)
    all.push_back(fmt::format("GOMP_SPINCOUNT={}", kSpins));
  all.push_back(fmt::format("MKL_NUM_THREADS={}", threads));
  return all;
}

// Where memory runs out, the kernel is to take a worker and not the front end.
std::string raised_oom_score() {
  constexpr int kAbove = 500, kHighest = 1000;
  std::ifstream in("/proc/self/oom_score_adj");
  int own = 0;
  in >> own;
  return std::to_string(std::min(own + kAbove, kHighest));
}

// The children of this process that may live: those that are no worker's doing, and the workers
// that run. Any other was left behind by a worker that has ended, for a worker adopts its own
// orphans while it lives.
struct Children {
  std::set<pid_t> others, workers;

  void about_to_start() {
    adopt_orphans();
    if (workers.empty()) others = child_processes();
  }
  void reap(pid_t worker, int* status) {
    waitpid(worker, status, 0);
    workers.erase(worker);
    auto spared = workers;
    spared.insert(others.begin(), others.end());
    kill_children(spared);
  }
};

Children& children() {
  static Children all;
  return all;
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;  // it has died already, which its exit will tell
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

// What the child does between fork and exec: system calls alone.
struct Child {
  const char* program;
  char* const* argv;
  char* const* envp;
  const std::string& oom_score;
  int input, events, log, failed;
  pid_t parent;

  [[noreturn]] void become() const {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    const int oom = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (oom >= 0 && write(oom, oom_score.data(), oom_score.size()) > 0) close(oom);
    if (getppid() != parent) _exit(1);  // it died before we could ask to be told
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGCHLD, SIGPIPE, SIGHUP})
      std::signal(signal, SIG_DFL);
    // Held back until the worker, still to load LibTorch, has its handlers: see catch_signals().
    sigset_t held;
    sigemptyset(&held);
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGHUP}) sigaddset(&held, signal);
    sigprocmask(SIG_SETMASK, &held, nullptr);
    if (dup2(input, 0) >= 0 && dup2(log, 1) >= 0 && dup2(log, 2) >= 0 && dup2(events, 3) >= 0)
      execve(program, argv, envp);
    const int error = errno;
    if (write(failed, &error, sizeof error) < 0) _exit(126);
    _exit(127);
  }
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

std::string text_of(const Exit& exit) {
  if (exit.signal == 0) return fmt::format("exited with code {}", exit.code);
  const char* name = sigabbrev_np(exit.signal);
  return fmt::format("was killed by signal {} (SIG{})", exit.signal, name ? name : "?");
}

WorkerProcess::WorkerProcess(const Launch& launch) {
  Pipe input = make_pipe(), events = make_pipe();
  const Descriptor opened(
      open(launch.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (opened.get() < 0) fail_io(launch.log, "opened", errno);
  const Descriptor log(duplicated(opened.get(), kAboveFixed));
  if (log.get() < 0) fail_io(launch.log, "kept open", errno);
  const std::string job = launch.job + "\n";
  fcntl(input.write.get(), F_SETPIPE_SZ, static_cast<int>(job.size()) + 1);
  start(launch, input.read.get(), events.write.get(), log.get());
  write_all(input.write.get(), job);
  fcntl(events.read.get(), F_SETFL, O_NONBLOCK);
  input_ = std::move(input.write);
  events_ = std::move(events.read);
}

void WorkerProcess::start(const Launch& launch, int input, int events, int log) {
  Pipe failed = make_pipe();
  std::vector<std::string> words{launch.program.string(), "run", std::to_string(getpid())},
      env = environment(launch.threads);
  const auto argv = pointers(words), envp = pointers(env);
  const std::string oom_score = raised_oom_score();
  const Child child{launch.program.c_str(), argv.data(), envp.data(), oom_score, input, events, log,
                    failed.write.get(),     getpid()};
  children().about_to_start();
  // Until it has handlers of its own, a signal to the child would be written to our pipe.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_ = fork();
  if (pid_ == 0) child.become();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid_ < 0)
    throw Error(ErrorKind::kIo, fmt::format("cannot start a worker: {}", std::strerror(errno)));
  children().workers.insert(pid_);
  setpgid(pid_, pid_);  // both sides do: neither can come too late
  failed.write.reset();
  int error = 0;
  ssize_t n = 0;
  while ((n = read(failed.read.get(), &error, sizeof error)) < 0 && errno == EINTR) {
  }
  if (n != sizeof error) return;
  children().reap(pid_, nullptr);
  throw Error(ErrorKind::kPlugin, fmt::format("cannot start the worker {}: {}",
                                              launch.program.string(), std::strerror(error)));
}

WorkerProcess::~WorkerProcess() {
  if (!exit_) {
    kill_all();
    children().reap(pid_, nullptr);
  }
}

std::vector<std::string> WorkerProcess::lines() {
  char bytes[16384];
  while (fd() >= 0) {
    const auto n = read(fd(), bytes, sizeof bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) events_.reset();  // else poll() would return at once for ever
    if (n <= 0) break;
    buffer_.append(bytes, static_cast<std::size_t>(n));
    if (buffer_.size() > kLongestLine && buffer_.find('\n') == std::string::npos) buffer_.clear();
  }
  std::vector<std::string> all;
  std::size_t start = 0;
  for (std::size_t end; (end = buffer_.find('\n', start)) != std::string::npos; start = end + 1)
    all.push_back(buffer_.substr(start, end - start));
  buffer_.erase(0, start);
  return all;
}

void WorkerProcess::send(int signal) const {
  if (!exit_) kill(pid_, signal);
}

void WorkerProcess::kill_all() const {
  if (!exit_) kill(-pid_, SIGKILL);
}

std::optional<Exit> WorkerProcess::ended() {
  if (exit_) return exit_;
  siginfo_t info = {};
  // Looked at first and reaped later: until then its group's number cannot be somebody else's.
  if (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0) return {};
  if (info.si_pid == 0) return {};
  kill(-pid_, SIGKILL);
  int status = 0;
  children().reap(pid_, &status);
  exit_ = WIFSIGNALED(status) ? Exit{0, WTERMSIG(status)} : Exit{WEXITSTATUS(status), 0};
  return exit_;
}

}  // namespace assay
