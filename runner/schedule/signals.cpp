// The handler does one thing that is allowed in a handler: it writes a byte.
#include "runner/schedule/signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <system_error>

namespace assay {
namespace {

volatile std::sig_atomic_t write_end = -1;

void tell(int signal) {
  const int error = errno;
  const auto byte = static_cast<char>(signal);
  // A full pipe holds thousands of signals already: this one adds nothing.
  if (write_end >= 0 && ::write(write_end, &byte, 1) < 0) {
  }
  errno = error;
}

}  // namespace

SignalWatch::SignalWatch(int requeue) : requeue_(requeue) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
    throw std::system_error(errno, std::generic_category(), "pipe");
  read_ = ends[0];
  write_end = ends[1];
  struct sigaction action = {};
  action.sa_handler = tell;
  action.sa_flags = SA_RESTART;
  for (const int signal : std::set{SIGINT, SIGTERM, requeue, SIGCHLD})
    sigaction(signal, &action, &before_[signal]);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, &before_[SIGPIPE]);
}

SignalWatch::~SignalWatch() {
  for (const auto& [signal, action] : before_) sigaction(signal, &action, nullptr);
  close(write_end);
  write_end = -1;
  close(read_);
}

std::vector<int> SignalWatch::take() {
  std::vector<int> all;
  char bytes[256];
  for (ssize_t n = 0; (n = ::read(read_, bytes, sizeof bytes)) > 0;)
    for (ssize_t i = 0; i < n; ++i)
      if (bytes[i] != SIGCHLD) all.push_back(bytes[i] == requeue_ ? SIGUSR1 : bytes[i]);
  return all;
}

}  // namespace assay
