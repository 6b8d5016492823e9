// posix_spawn, two pipes and a deadline.
#include "runner/system/command.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "assay/error.h"
#include "runner/system/descriptor.h"

namespace assay {
namespace {

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
bool read_all(Descriptor& output, Descriptor& errors, double seconds, CommandAnswer& answer) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::duration<double>(seconds);
  while (output.get() >= 0 || errors.get() >= 0) {
    const std::chrono::duration<double, std::milli> left = deadline - Clock::now();
    if (left.count() <= 0) return false;
    pollfd ready[] = {{output.get(), POLLIN, 0}, {errors.get(), POLLIN, 0}};
    if (poll(ready, 2, static_cast<int>(left.count()) + 1) <= 0) continue;
    if (ready[0].revents != 0 && !read_some(output.get(), answer.out)) output.reset();
    if (ready[1].revents != 0 && !read_some(errors.get(), answer.err)) errors.reset();
  }
  return true;
}

}  // namespace

std::optional<CommandAnswer> answer_of(std::vector<std::string> words, double seconds) try {
  Pipe output = make_pipe(), errors = make_pipe();
  const pid_t pid = start(words, output.write.get(), errors.write.get());
  if (pid <= 0) return {};
  output.write.reset();
  errors.write.reset();
  CommandAnswer answer;
  const bool whole = read_all(output.read, errors.read, seconds, answer);
  if (!whole) kill(pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!whole) return {};
  answer.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return answer;
} catch (const Error&) {  // no pipe
  return {};
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
