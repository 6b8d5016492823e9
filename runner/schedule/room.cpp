// Only taking it tells whether there is room: quotas do not show in what a file system says is
// free.
#include "runner/schedule/room.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "runner/schedule/clock.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLeast = std::uintmax_t{1} << 20;
constexpr double kBetweenTries = 1;  // seconds

std::uintmax_t size_of(const fs::path& folder) {
  std::uintmax_t all = 0;
  std::error_code ignored;
  for (fs::recursive_directory_iterator it(folder, ignored), end; it != end; it.increment(ignored))
    if (it->is_regular_file(ignored)) all += it->file_size(ignored);
  return all;
}

bool can_take(const fs::path& folder, std::uintmax_t bytes) {
  const auto file = folder / ".room";
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  const bool taken = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes)) == 0;
  ::unlink(file.c_str());
  ::close(fd);
  return taken;
}

}  // namespace

void RoomWait::begin(const fs::path& run) {
  folder_ = run.parent_path();
  needed_ = std::max({needed_, kLeast, size_of(run / "checkpoints")});
  next_try_ = steady_seconds() + kBetweenTries;
}

bool RoomWait::ended() {
  if (!waiting() || steady_seconds() < next_try_) return false;
  next_try_ = steady_seconds() + kBetweenTries;
  if (!can_take(folder_, needed_)) return false;
  needed_ = 0;
  return true;
}

}  // namespace assay
