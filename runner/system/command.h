// Short programs that may not hang us, and what they say.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace assay {

struct CommandAnswer {
  int code = 0;  // exit code, or 128 + signal
  std::string out, err;
};

/// Runs `words`, found on PATH, without a shell and without input; nothing where it cannot be
/// started or takes longer than `seconds`.
std::optional<CommandAnswer> answer_of(std::vector<std::string> words, double seconds);

/// Standard output alone; nothing where the program fails, too.
std::optional<std::string> output_of(std::vector<std::string> words, double seconds);

/// Without the line ends and blanks at its end.
std::string trimmed(std::string text);

}  // namespace assay
