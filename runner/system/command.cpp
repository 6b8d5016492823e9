// posix_spawn, a pipe, a temporary file and a deadline.
#include "runner/system/command.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <utility>

#include "assay/error.h"
#include "runner/system/clock.h"
#include "runner/system/descriptor.h"

namespace assay {
namespace {

constexpr std::size_t kMostErrors = 64 << 10;  // bytes
constexpr int kPollMilliseconds = 100;

pid_t start(std::vector<std::string>& words, int output, int errors) {
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, errors, 2);  // first: it may have a low number
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  errno = error;
  return error == 0 ? pid : -1;
}

// Until the other end is closed or the time is up.
std::string read_until(int fd, double deadline) {
  std::string text;
  char bytes[4096];
  while (steady_seconds() < deadline) {
    pollfd ready{fd, POLLIN, 0};
    if (poll(&ready, 1, kPollMilliseconds) <= 0) continue;
    const auto n = read(fd, bytes, sizeof bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    text.append(bytes, static_cast<std::size_t>(n));
  }
  return text;
}

// Returns the status of the process, of SIGKILL if the time is up; that of a failure if nobody may
// wait for it, as if SIGCHLD is ignored.
int wait_until(pid_t pid, double deadline) {
  int status = 0;
  pid_t ended = 0;
  while ((ended = waitpid(pid, &status, WNOHANG)) == 0) {
    if (steady_seconds() > deadline) kill(pid, SIGKILL);
    usleep(1000);
  }
  return ended == pid ? status : W_EXITCODE(1, 0);
}

}  // namespace

std::optional<CommandAnswer> run_command(std::vector<std::string> words, double seconds) try {
  const double deadline = steady_seconds() + seconds;
  Pipe output = make_pipe();
  // No pipe: it would have to be read meanwhile, and be left once a stray process alone holds it.
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> errors(std::tmpfile(), std::fclose);
  const pid_t pid = errors ? start(words, output.write.get(), fileno(errors.get())) : -1;
  if (pid <= 0) return {};
  output.write.reset();
  CommandAnswer answer;
  answer.out = read_until(output.read.get(), deadline);
  const int status = wait_until(pid, deadline);
  errno = ETIMEDOUT;
  if (steady_seconds() > deadline) return {};
  answer.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  std::rewind(errors.get());
  answer.err.resize(kMostErrors);
  answer.err.resize(std::fread(answer.err.data(), 1, kMostErrors, errors.get()));
  return answer;
} catch (const Error&) {  // no pipe
  return {};
}

std::optional<std::string> read_output(std::vector<std::string> words, double seconds) {
  auto answer = run_command(std::move(words), seconds);
  if (!answer || answer->code != 0) return {};
  return std::move(answer->out);
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

}  // namespace assay
