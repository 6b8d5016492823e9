#include "runner/cli/moves.h"

#include <fmt/core.h>

namespace fs = std::filesystem;

namespace assay::cli {
namespace {

fs::path whole(const std::string& text) {
  return fs::absolute(text).lexically_normal();
}

}  // namespace

std::vector<std::pair<fs::path, fs::path>> named_moves(const Call& call) {
  std::vector<std::pair<fs::path, fs::path>> moves;
  if (call.own.count("data") == 0) return moves;
  for (const auto& word : call.own["data"].as<Strings>()) {
    const auto at = word.find('=');
    if (at == std::string::npos || at == 0 || at + 1 == word.size())
      throw UsageError(fmt::format("--data is `{}`, expected OLD=NEW, two paths", word));
    const auto old = whole(word.substr(0, at));
    for (const auto& [from, to] : moves)
      if (from == old)
        throw UsageError(fmt::format("--data names two places for {}", old.string()));
    moves.emplace_back(old, whole(word.substr(at + 1)));
    if (!fs::exists(moves.back().second))
      throw UsageError(fmt::format("--data: {} does not exist", moves.back().second.string()));
  }
  return moves;
}

void add_moves_flag(boost::program_options::options_description& flags) {
  flags.add_options()("data",
                      boost::program_options::value<Strings>()->composing()->value_name("OLD=NEW"),
                      "where data lies that has been moved: a file or folder; may be repeated");
}

}  // namespace assay::cli
