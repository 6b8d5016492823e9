// One child a file: a plugin that crashes, hangs or exits costs a sentence.
#include "runner/worker/probe.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include <fmt/core.h>

#include "core/src/value_json.h"
#include "runner/worker/plugin_loader.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;
constexpr auto kLimit = std::chrono::seconds(10);

Json describe(const Entry& entry) {
  Json fields = Json::array();
  for (const auto& field : entry.fields) fields.push_back(to_json(field));
  return {{"kind", entry.kind},
          {"name", entry.name},
          {"doc", entry.doc},
          {"fields", fields},
          {"needs", entry.needs}};
}

Json answer(const std::string& file) try {
  Registry registry;
  const auto loaded = load_plugin(file, registry);
  Json components = Json::array();
  for (const auto& entry : registry.entries()) components.push_back(describe(entry));
  return {{"file", file}, {"build", loaded.build}, {"components", components}};
} catch (const Error& error) {
  return {{"file", file}, {"refused", error.what()}};
}

Json refused(const std::string& file, const std::string& why) {
  return {{"file", file}, {"refused", file + ": " + why}};
}

[[noreturn]] void child(const std::string& file, int out) {
  ::dup2(2, 1);  // what a plugin prints is no answer
  const std::string line = answer(file).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  std::size_t done = 0;
  while (done < line.size()) {
    const auto n = ::write(out, line.data() + done, line.size() - done);
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  std::_Exit(0);
}

// Everything the child writes until it closes its end; false when the time is over.
bool read_until_end(int fd, std::string& text) {
  const auto end = Clock::now() + kLimit;
  char buffer[65536];
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd waiting{fd, POLLIN, 0};
    if (left <= 0) return false;
    const int ready = ::poll(&waiting, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const auto n = ::read(fd, buffer, sizeof buffer);
    if (n <= 0) return true;
    text.append(buffer, static_cast<std::size_t>(n));
  }
}

bool ended_from_outside(int status) {
  const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return signal == SIGKILL || signal == SIGTERM || signal == SIGINT || signal == SIGHUP;
}

Json ended(const std::string& file, const std::string& text, int status) {
  if (ended_from_outside(status)) return {};
  if (WIFSIGNALED(status))
    return refused(
        file, fmt::format("crashed while it was loaded, with signal {} (SIG{}); look at its static "
                          "constructors and at what it does while registering",
                          WTERMSIG(status), sigabbrev_np(WTERMSIG(status))));
  auto json = Json::parse(text, nullptr, false);
  if (json.is_object()) return json;
  return refused(
      file, fmt::format(
                "ended the process with exit code {} while it was loaded; a plugin only registers",
                WEXITSTATUS(status)));
}

Json probe_one(const std::string& file) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return refused(file, std::strerror(errno));
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) child(file, ends[1]);
  ::close(ends[1]);
  std::string text;
  const bool in_time = read_until_end(ends[0], text);
  ::close(ends[0]);
  if (!in_time) ::kill(pid, SIGKILL);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (!in_time) return refused(file, "did not finish loading within 10 s; a plugin only registers");
  return ended(file, text, status);
}

}  // namespace

int probe(const std::vector<std::string>& files) {
  for (const auto& file : files) {
    const Json answer = probe_one(file);
    if (!answer.is_null()) fmt::print("{}\n", answer.dump());
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace assay
