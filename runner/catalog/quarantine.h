// Quarantine: plugin files that are neither probed nor loaded until they change or are released.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "assay/value.h"

namespace assay {

struct Quarantined {
  std::string file;
  std::string reason;
  std::string since;   // local time
  Strings components;  // kind/name, where they are known

  /// The reason with the way out.
  std::string sentence() const;
};

/// The list in the user's state folder ($XDG_STATE_HOME/assay/quarantine.json). An entry holds as
/// long as its file is the one that was put there. One that cannot be read is empty, with a
/// problem(); to change it then throws Error{kCorrupt}, and Error{kIo} where it cannot be written.
class Quarantine {
 public:
  Quarantine();
  std::optional<Quarantined> find(const std::filesystem::path& file) const;
  const std::vector<Quarantined>& all() const { return entries_; }
  const std::string& problem() const { return problem_; }  // a sentence, or ""
  void put(const std::filesystem::path& file, const std::string& reason, Strings components);
  /// Whether it was there.
  bool release(const std::filesystem::path& file);

 private:
  void change(const std::string& file, const nlohmann::ordered_json* entry);

  std::vector<Quarantined> entries_;
  std::string problem_;
};

}  // namespace assay
