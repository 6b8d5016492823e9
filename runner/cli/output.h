// Where words go: results to standard output, everything else to standard error.
#pragma once

#include <cstdio>
#include <string>

#include <nlohmann/json.hpp>

#include "runner/cli/verb.h"
#include "runner/manifest/diagnostics.h"

namespace assay::cli {

using Json = nlohmann::ordered_json;

/// Whether escape codes for colors may go to `stream`: NO_COLOR and TERM=dumb are honored, and
/// --color is stronger than both.
bool colored(const Call& call, std::FILE* stream);
std::string paint(const std::string& text, const char* code, bool on);
inline constexpr const char* kRed = "31";
inline constexpr const char* kGreen = "32";
inline constexpr const char* kYellow = "33";
inline constexpr const char* kBold = "1";

/// One object, `"schema": "assay.<verb>/1"` first.
void print_json(const Call& call, const Json& rest);
/// To standard error, unless --quiet.
void note(const Call& call, const std::string& text);
/// To standard error, always.
void complain(const Call& call, const std::string& text);

Json to_json(const Diagnostic& diagnostic);
/// Metrics by name; what is not finite is null.
Json to_json(const std::map<std::string, double>& metrics);

/// "1 trial", "2 trials".
std::string format_count(std::size_t n, const char* what);
/// "1h02m", "3m05s", "12s", "0.4s".
std::string duration(double seconds);

}  // namespace assay::cli
