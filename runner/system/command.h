// Short programs and what they print.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace assay {

inline constexpr double kNoTimeLimit = std::numeric_limits<double>::infinity();

struct CommandAnswer {
  int code = 0;          // exit code, or 128 + signal
  std::string out, err;  // at most 64 KiB of err
};

/// Runs `words`, found on PATH, without a shell and without input, until it has ended and its
/// standard output is closed; what else holds its standard error is not waited for. Nothing, with
/// errno, if it cannot be started; nothing, with ETIMEDOUT, if it takes longer than `seconds` and
/// is killed.
std::optional<CommandAnswer> run_command(std::vector<std::string> words, double seconds);

/// Standard output alone; nothing if the program fails, too.
std::optional<std::string> read_output(std::vector<std::string> words, double seconds);

/// Without the line ends and blanks at its end.
std::string trimmed(std::string text);

}  // namespace assay
