// Streams, colors and small texts.
#include "runner/cli/output.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "core/base/value_json.h"

namespace assay::cli {

bool colored(const Call& call, std::FILE* stream) {
  if (call.color != Color::kAuto) return call.color == Color::kAlways;
  const char* no = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  if (no != nullptr && *no != '\0') return false;
  if (term != nullptr && std::string_view(term) == "dumb") return false;
  return isatty(fileno(stream)) != 0;
}

std::string paint(const std::string& text, const char* code, bool on) {
  return on ? fmt::format("\033[{}m{}\033[0m", code, text) : text;
}

void print_json(const Call& call, const Json& rest) {
  Json all{{"schema", "assay." + call.verb + "/1"}};
  all.update(rest);
  fmt::print("{}\n", all.dump(1, ' ', false, Json::error_handler_t::replace));
}

void note(const Call& call, const std::string& text) {
  if (!call.quiet) fmt::print(stderr, "{}\n", text);
}

void complain(const Call& call, const std::string& text) {
  fmt::print(stderr, "{} {}\n", paint("assay:", kRed, colored(call, stderr)), text);
}

Json to_json(const Diagnostic& diagnostic) {
  return {{"file", diagnostic.at.file},
          {"line", diagnostic.at.line},
          {"column", diagnostic.at.column},
          {"message", diagnostic.message}};
}

Json to_json(const std::map<std::string, double>& metrics) {
  auto answer = Json::object();
  for (const auto& [name, value] : metrics) answer[name] = real_to_json(value);
  return answer;
}

std::string format_count(std::size_t n, const char* what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

std::string duration(double seconds) {
  if (!(seconds >= 0) || seconds > 1e9) return "?";
  if (seconds < 10) return fmt::format("{:.1f}s", seconds);
  const auto whole = static_cast<long>(seconds);
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  return fmt::format("{}h{:02}m", whole / 3600, whole % 3600 / 60);
}

}  // namespace assay::cli
