// ProcessState: what a plugin must leave as it was.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <csignal>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace assay {

/// A picture of the process-wide settings that a library can change behind everyone's back.
class ProcessState {
 public:
  ProcessState();
  /// What differs now, as a sentence's end ("changed the locale ..."), or ""; puts it back where
  /// that can be done.
  std::string restore() const;
  /// The same of what changes numbers at once. No system call: made to be asked after each unit.
  std::string restore_arithmetic() const;

 private:
  std::string folder() const;
  std::string mask() const;
  std::string handlers() const;
  std::string timers() const;
  std::string limits() const;
  std::string environment() const;
  std::string last_resorts() const;
  std::string streams() const;

  static constexpr std::array kSignals = {SIGINT,  SIGTERM, SIGHUP, SIGUSR1, SIGUSR2,
                                          SIGSEGV, SIGABRT, SIGFPE, SIGBUS,  SIGILL,
                                          SIGPIPE, SIGCHLD, SIGALRM};
  using Inode = std::pair<dev_t, ino_t>;

  unsigned floating_point_;
  std::string locale_, folder_;
  Inode inode_;  // of the folder
  nlink_t links_;
  std::optional<mode_t> mask_;  // nothing where it cannot be read
  std::array<struct sigaction, kSignals.size()> handlers_;
  sigset_t blocked_;
  unsigned armed_;  // timers, as bits
  std::array<rlimit, RLIM_NLIMITS> limits_;
  std::vector<char*> pointers_;       // of the environment, as long as nobody writes to it
  std::vector<std::string> entries_;  // what they point at
  std::terminate_handler terminate_;
  std::new_handler new_;
  std::array<Inode, 3> streams_;
};

/// The path of a LibTorch library that is mapped beside another of its name, which would abort the
/// process later; "" where there is none.
std::string second_libtorch();

}  // namespace assay
