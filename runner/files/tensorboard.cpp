// TFRecord frames (length, CRC, bytes, CRC) around protobuf messages of three fields.
#include "runner/files/tensorboard.h"

#include <unistd.h>

#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <boost/crc.hpp>

#include "runner/files/file_system.h"
#include "runner/system/clock.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

template <class T>
std::string raw(T x) {  // little-endian, as this and every supported machine is
  return {reinterpret_cast<const char*>(&x), sizeof x};
}

std::string varint(std::uint64_t x) {
  std::string bytes;
  for (; x >= 128; x >>= 7) bytes += static_cast<char>(x | 128);
  return bytes + static_cast<char>(x);
}

// Protobuf wire types: 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes.
std::string key(int field, int wire) {
  return varint(static_cast<std::uint64_t>(field << 3 | wire));
}
std::string text(int field, std::string_view bytes) {
  return key(field, 2) + varint(bytes.size()) + std::string(bytes);
}

std::uint32_t masked_crc(std::string_view bytes) {  // CRC-32C, rotated, as TFRecord wants it
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const std::uint32_t c = crc.checksum();
  return ((c >> 15) | (c << 17)) + 0xa282ead8U;
}

std::string frame(const std::string& event) {
  const std::string length = raw<std::uint64_t>(event.size());
  return length + raw(masked_crc(length)) + event + raw(masked_crc(event));
}

}  // namespace

struct EventFile::Impl {
  AppendedFile out;
  std::string pending;  // a later flush goes on where one failed
};

EventFile::EventFile(const fs::path& dir) {
  std::vector<fs::path> older;
  for (const auto& entry : fs::directory_iterator(dir))
    if (entry.path().filename().string().starts_with("events.out.tfevents."))
      older.push_back(entry.path());
  for (const auto& path : older) file_system().remove_all(path);
  char host[128] = {};
  ::gethostname(host, sizeof host - 1);
  const double now = wall_seconds();
  const auto file =
      dir / fmt::format("events.out.tfevents.{}.{}", static_cast<std::int64_t>(now), host);
  impl_.reset(new Impl{AppendedFile(file), frame(key(1, 1) + raw(now) + text(3, "brain.Event:2"))});
}

EventFile::~EventFile() = default;

void EventFile::scalar(double t, std::int64_t step, std::string_view tag, double value) {
  const std::string point = text(1, tag) + key(2, 5) + raw(static_cast<float>(value));
  impl_->pending += frame(key(1, 1) + raw(t) + key(2, 0) +
                          varint(static_cast<std::uint64_t>(step)) + text(5, text(1, point)));
}

void EventFile::flush() {
  if (!impl_->pending.empty()) impl_->out.append(impl_->pending);
}

}  // namespace assay
