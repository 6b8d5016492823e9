// What a file system says is free is asked first: only with plenty is some of it taken for an
// instant, which shows a quota and takes nothing from those who write meanwhile.
#include "runner/schedule/disk_space.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runner/system/clock.h"

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

bool within_quota(const fs::path& folder, std::uintmax_t bytes) {
  const auto file = folder / ".room";
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  ::unlink(file.c_str());
  const bool taken = ::fallocate(fd, 0, 0, static_cast<off_t>(bytes)) == 0 || errno == EOPNOTSUPP;
  ::close(fd);
  return taken;
}

bool is_there(const fs::path& folder, std::uintmax_t bytes) {
  std::error_code error;
  const auto free = fs::space(folder, error).available;
  if (error || free < bytes) return false;
  return free < 2 * bytes || within_quota(folder, bytes);
}

}  // namespace

void DiskSpaceWait::begin(const fs::path& run, std::int64_t unit) {
  folder_ = run.parent_path();
  auto bytes = std::max(kLeast, size_of(run / "checkpoints"));
  if (const auto it = asked_.find(run); it != asked_.end() && it->second.unit == unit)
    bytes = std::max(bytes, 2 * it->second.bytes);
  asked_[run] = {unit, bytes};
  needed_ += bytes;
  next_try_ = steady_seconds() + kBetweenTries;
}

bool DiskSpaceWait::ended() {
  if (!waiting() || steady_seconds() < next_try_) return false;
  next_try_ = steady_seconds() + kBetweenTries;
  if (!is_there(folder_, needed_)) return false;
  needed_ = 0;
  return true;
}

}  // namespace assay
