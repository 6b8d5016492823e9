// Checkpoints: complete or invisible. A folder is written beside, synced, renamed, parent synced;
// `files.json` in it holds the SHA-256 of each file. Two are kept; loading falls back to the older.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace assay {

/// Contents by file name: {"model.safetensors": bytes, "state.json": bytes, ...}.
using Files = std::map<std::string, std::string>;

struct Checkpoint {
  std::int64_t unit = 0;  // units done
  Files files;
  bool operator==(const Checkpoint&) const = default;
};

/// Writes <parent>/unit-<unit>, keeps the two newest up to it, points the symlink `last` at it
/// (itself replaced atomically). Throws Error{kIo}.
void write_checkpoint(const std::filesystem::path& parent, const Checkpoint& checkpoint);

/// The newest checkpoint whose every file has its SHA-256; nothing where there is none. Each one
/// passed over is told to `note`. Throws Error{kIo} where none is whole and one cannot be read.
std::optional<Checkpoint> read_checkpoint(const std::filesystem::path& parent,
                                          const std::function<void(const std::string&)>& note);

/// Points `last` at the checkpoint of `unit`, if it points elsewhere: a kill may have come between
/// the checkpoint and its link. Throws Error{kIo}.
void point_last(const std::filesystem::path& parent, std::int64_t unit);

/// Replaces the folder <parent>/<name> ("best") as atomically as a rename of folders can be.
void write_named(const std::filesystem::path& parent, const std::string& name, const Files& files);

}  // namespace assay
