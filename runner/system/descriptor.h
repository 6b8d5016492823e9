// File descriptors that close themselves, out of the way of those at fixed numbers.
#pragma once

#include <utility>

namespace assay {

inline constexpr int kAboveFixed = 10;    // and above all that a child has at fixed numbers
inline constexpr int kOutOfTheWay = 100;  // of plugins, which close low ones, or write on them

/// The same file once more, at a number of `least` or above, and not for a program that is
/// executed; -1 with errno where there is none.
int duplicated(int descriptor, int least);

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }
  void reset();

 private:
  int number_;
};

struct Pipe {
  Descriptor read, write;
};

/// Both ends lie at kAboveFixed or above: what a child moves to its standard input and the like
/// cannot run over them. Throws Error{kIo}.
Pipe make_pipe();

}  // namespace assay
