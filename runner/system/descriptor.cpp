// fcntl and pipe2.
#include "runner/system/descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "assay/error.h"

namespace assay {
namespace {

[[noreturn]] void fail() {
  throw Error(ErrorKind::kIo, std::string("cannot make a pipe: ") + std::strerror(errno));
}

Descriptor raised(const Descriptor& low) {
  Descriptor high(duplicated(low.get(), kAboveFixed));
  if (high.get() < 0) fail();
  return high;
}

}  // namespace

int duplicated(int descriptor, int least) {
  return ::fcntl(descriptor, F_DUPFD_CLOEXEC, least);
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this == &other) return *this;
  reset();
  number_ = other.release();
  return *this;
}

void Descriptor::reset() {
  if (number_ >= 0) ::close(release());
}

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail();
  const Descriptor read(ends[0]), write(ends[1]);
  return {raised(read), raised(write)};
}

}  // namespace assay
