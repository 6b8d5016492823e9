// One child a file: a plugin that crashes, hangs or exits costs a sentence.
#include "runner/worker/probe.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "runner/protocol/probe_answer.h"
#include "runner/system/child_processes.h"
#include "runner/system/descriptor.h"
#include "runner/worker/memory.h"
#include "runner/worker/plugin_loader.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;
constexpr auto kLimit = std::chrono::seconds(10);
constexpr std::int64_t kMemory = std::int64_t{1} << 30;  // bytes, on top of LibTorch's

ComponentInfo describe(const Entry& entry) {
  return {
      entry.kind,      entry.name, entry.doc,      "", "", entry.fields, entry.needs, entry.hides,
      entry.abilities, entry.rows, entry.artifacts};
}

ProbeAnswer refused(const std::string& file, const std::string& why) {
  return {.file = file, .refused = file + ": " + why};
}

ProbeAnswer answer(const std::string& file) try {
  Registry registry;
  ProbeAnswer found{.file = file, .build = load_plugin(file, registry).build};
  for (const auto& entry : registry.entries()) found.components.push_back(describe(entry));
  return found;
} catch (const Error& error) {
  return {.file = file, .refused = error.what()};
} catch (const std::exception& error) {
  return refused(file, error.what());
}

std::string line_of(const ProbeAnswer& answer) {
  return to_json(answer).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

[[noreturn]] void child(const std::string& file, int out, pid_t prober) {
  const pid_t own = ::getpid();
  ::setpgid(0, 0);  // a signal to its group reaches nobody else
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != prober) std::_Exit(1);
  adopt_orphans();
  limit_data(kMemory);
  ::dup2(2, 1);  // what a plugin prints is no answer
  const auto line = line_of(answer(file));
  std::size_t done = ::getpid() == own ? 0 : line.size();  // else the plugin forked, and came back
  while (done < line.size()) {
    const auto n = ::write(out, line.data() + done, line.size() - done);
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  std::_Exit(0);
}

int milliseconds_to(Clock::time_point end) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
  return static_cast<int>(std::max<std::int64_t>(left, 0));
}

// One line, or as much as there is when the child has closed its end or the time is over.
std::string read_line(int fd, Clock::time_point end) {
  std::string text;
  char buffer[65536];
  while (!text.ends_with('\n')) {
    pollfd waiting{fd, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, milliseconds_to(end));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) break;
    const auto n = ::read(fd, buffer, sizeof buffer);
    if (n <= 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
  }
  return text;
}

// Its status, or nothing where it still runs when the time is over; it has been killed then.
std::optional<int> end_of(pid_t pid, Clock::time_point end) {
  int status = 0;
  for (;;) {
    if (::waitpid(pid, &status, WNOHANG) == pid) return status;
    if (milliseconds_to(end) == 0) break;
    ::usleep(1000);
  }
  ::kill(pid, SIGKILL);
  ::waitpid(pid, &status, 0);
  return {};
}

bool ended_from_outside(int status) {
  const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return signal == SIGKILL || signal == SIGTERM || signal == SIGINT || signal == SIGHUP;
}

// A crash is the plugin's, whatever the worker is: the front end puts it into quarantine. A hang
// may be the machine's, which was busy: it is asked again next time. Nothing is no verdict.
std::optional<ProbeAnswer> without_answer(const std::string& file, std::optional<int> status) {
  if (!status) {
    auto hung = refused(file, "did not finish loading within 10 s; a plugin only registers");
    hung.hung = true;
    return hung;
  }
  if (ended_from_outside(*status)) return {};
  auto crashed = refused(
      file,
      WIFSIGNALED(*status)
          ? fmt::format("crashed with signal {} (SIG{}) while it was loaded; check its static "
                        "constructors and its registration",
                        WTERMSIG(*status), sigabbrev_np(WTERMSIG(*status)))
          : fmt::format(
                "ended the process with exit code {} while it was loaded; a plugin only registers",
                WEXITSTATUS(*status)));
  crashed.crashed = true;
  return crashed;
}

// A line, or "" for no verdict on the plugin.
std::string probe_one(const std::string& file) try {
  Pipe pipe = make_pipe();
  if (Descriptor high(duplicated(pipe.write.get(), kOutOfTheWay)); high.get() >= 0)
    pipe.write = std::move(high);
  std::fflush(nullptr);
  const auto end = Clock::now() + kLimit;
  const pid_t prober = ::getpid(), pid = ::fork();
  if (pid == 0) child(file, pipe.write.get(), prober);
  pipe.write.reset();
  if (pid < 0) return "";
  const auto text = read_line(pipe.read.get(), end);
  const auto status = end_of(pid, end);
  kill_children({});  // what it left running
  if (Json::parse(text, nullptr, false).is_object()) return text;
  const auto silent = without_answer(file, status);
  return silent ? line_of(*silent) : "";
} catch (const Error& error) {  // no pipe
  return line_of(refused(file, error.what()));
}

}  // namespace

int probe(const std::vector<std::string>& files) {
  adopt_orphans();
  for (const auto& file : files) {
    fmt::print("{}", probe_one(file));
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace assay
