// Handlers that only set flags.
#include "runner/worker/signals.h"

#include <csignal>
#include <ctime>
#include <initializer_list>

#include <unistd.h>

namespace assay {
namespace {

volatile std::sig_atomic_t leave = 0;
volatile std::sig_atomic_t checkpoint = 0;
pid_t parent = 0;
timer_t last_call;  // SIGKILL, not SIGALRM: a plugin can neither ignore it nor take it back

void end_in(time_t seconds) {
  const itimerspec time{{}, {seconds, 0}};
  timer_settime(last_call, 0, &time, nullptr);
}

void note(int signal) {
  if (signal == SIGHUP) {
    checkpoint = 1;
    return;
  }
  leave = signal;
  if (getppid() != parent) end_in(30);  // nobody is left to wait for a unit that never ends
}

}  // namespace

void catch_signals(int front_end) {
  parent = front_end;
  sigevent by_kill = {};
  by_kill.sigev_notify = SIGEV_SIGNAL;
  by_kill.sigev_signo = SIGKILL;
  timer_create(CLOCK_MONOTONIC, &by_kill, &last_call);
  struct sigaction action = {};
  action.sa_handler = note;
  action.sa_flags = SA_RESTART;
  sigset_t held;  // by the front end, which started us
  sigemptyset(&held);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGHUP}) {
    sigaction(signal, &action, nullptr);
    sigaddset(&held, signal);
  }
  sigprocmask(SIG_UNBLOCK, &held, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int asked_to_leave() {
  return leave;
}

bool asked_to_checkpoint() {
  const bool asked = checkpoint != 0;
  checkpoint = 0;
  return asked;
}

}  // namespace assay
