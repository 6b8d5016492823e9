// The part of Python's pickle format that arrays and lists of numbers need. Nothing is executed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct Pickled {
  enum class Kind { kNone, kInteger, kText, kList, kTuple, kDict, kGlobal, kObject };
  Kind kind = Kind::kNone;
  std::int64_t integer = 0;  // also of a bool
  std::string text = {};     // of bytes and strings; "module name" of a global
  /// Of a list or tuple; of a dictionary keys and values in turn; of an object the arguments that
  /// it was made with.
  std::vector<std::shared_ptr<Pickled>> items = {};
  std::shared_ptr<Pickled> state = {};  // of an object
  int depth = 0;                        // of what is within it
};

/// Protocols 2 to 5. Throws Error{kData} that begins with `file` for what is cut off, for other
/// classes than those of NumPy's arrays, and for other parts of the format.
std::shared_ptr<const Pickled> unpickle(std::string_view bytes, const std::string& file);
