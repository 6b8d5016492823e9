// posix_spawn, two pipes and a deadline.
#include "runner/schedule/command.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

namespace assay {
namespace {

struct Pipe {
  Pipe() { made = pipe2(ends, O_CLOEXEC) == 0; }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  void close_end(int end) {
    if (ends[end] >= 0) close(std::exchange(ends[end], -1));
  }
  int ends[2] = {-1, -1};
  bool made = false;
};

pid_t start(std::vector<std::string>& words, int output, int errors) {
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_adddup2(&actions, errors, 2);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? pid : -1;
}

// False once there is no more.
bool read_some(int fd, std::string& text) {
  char bytes[4096];
  const auto n = read(fd, bytes, sizeof bytes);
  if (n < 0 && errno == EINTR) return true;
  if (n <= 0) return false;
  text.append(bytes, static_cast<std::size_t>(n));
  return true;
}

// False once the time is up.
bool read_all(Pipe& output, Pipe& errors, double seconds, CommandAnswer& answer) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::duration<double>(seconds);
  while (output.ends[0] >= 0 || errors.ends[0] >= 0) {
    const std::chrono::duration<double, std::milli> left = deadline - Clock::now();
    if (left.count() <= 0) return false;
    pollfd ready[] = {{output.ends[0], POLLIN, 0}, {errors.ends[0], POLLIN, 0}};
    if (poll(ready, 2, static_cast<int>(left.count()) + 1) <= 0) continue;
    if (ready[0].revents != 0 && !read_some(output.ends[0], answer.out)) output.close_end(0);
    if (ready[1].revents != 0 && !read_some(errors.ends[0], answer.err)) errors.close_end(0);
  }
  return true;
}

}  // namespace

std::optional<CommandAnswer> answer_of(std::vector<std::string> words, double seconds) {
  Pipe output, errors;
  if (!output.made || !errors.made) return {};
  const pid_t pid = start(words, output.ends[1], errors.ends[1]);
  if (pid <= 0) return {};
  output.close_end(1);
  errors.close_end(1);
  CommandAnswer answer;
  const bool whole = read_all(output, errors, seconds, answer);
  if (!whole) kill(pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!whole) return {};
  answer.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return answer;
}

std::optional<std::string> output_of(std::vector<std::string> words, double seconds) {
  auto answer = answer_of(std::move(words), seconds);
  if (!answer || answer->code != 0) return {};
  return std::move(answer->out);
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

}  // namespace assay
