// IDX: a big-endian magic number (2049 labels, 2051 images), sizes, unsigned bytes.
#include "assay/sdk/idx.h"

#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include "assay/error.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& file, const std::string& what) {
  throw Error(ErrorKind::kData, file.string() + ": " + what);
}

// zlib reads a file that is not compressed as it is.
class Stream {
 public:
  explicit Stream(const fs::path& path) : path_(path), file_(gzopen(path.c_str(), "rb"), gzclose) {
    if (!file_)
      fail(path, std::string("cannot be read: ") + std::strerror(errno) +
                     "; expected an idx or idx.gz file");
    gzbuffer(file_.get(), 1 << 18);
  }

  void read(void* to, std::size_t size) {
    auto* bytes = static_cast<char*>(to);
    while (size > 0) {
      const auto part = static_cast<unsigned>(std::min<std::size_t>(size, 1 << 30));
      const int n = gzread(file_.get(), bytes, part);
      if (n <= 0)
        fail(path_, "is truncated or damaged: it ends " + std::to_string(size) + " bytes early");
      bytes += n;
      size -= static_cast<std::size_t>(n);
    }
  }

  std::int64_t big_endian() {
    std::array<unsigned char, 4> b{};
    read(b.data(), b.size());
    return (std::int64_t{b[0]} << 24) | (b[1] << 16) | (b[2] << 8) | b[3];
  }

  // A short file cannot ask for much memory: deflate makes at most 1032 bytes of one.
  void must_hold(std::int64_t size) {
    std::error_code error;
    const auto bytes = fs::file_size(path_, error);
    const std::uintmax_t most = bytes * (gzdirect(file_.get()) != 0 ? 1 : 1032);
    if (error || static_cast<std::uintmax_t>(size) > most)
      fail(path_, "is truncated or damaged: its header announces " + std::to_string(size) +
                      " bytes, more than it can hold");
  }

  void must_end() {
    char byte = 0;
    const int n = gzread(file_.get(), &byte, 1);  // where the file is gzipped, its checksum too
    if (n < 0) fail(path_, "is damaged: its checksum does not match");
    if (n > 0) fail(path_, "has more bytes than its header says");
  }

 private:
  fs::path path_;
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file_;
};

torch::Tensor read(const fs::path& file, std::int64_t magic, const char* wanted) {
  Stream stream(file);
  const auto found = stream.big_endian();
  if (found != magic) {
    const char* what = found == 2049   ? "labels"
                       : found == 2051 ? "images"
                                       : "not an idx file of bytes";
    fail(file, "begins with " + std::to_string(found) + " (" + what + "), but " + wanted +
                   " begin with " + std::to_string(magic));
  }
  std::vector<std::int64_t> sizes;
  std::int64_t all = 1;
  for (auto k = magic % 256; k > 0; --k) {
    sizes.push_back(stream.big_endian());
    constexpr auto kMost = std::int64_t{1} << 36;
    if (sizes.back() <= 0 || all > kMost / sizes.back())
      fail(file, "has a header with impossible sizes");
    all *= sizes.back();
  }
  stream.must_hold(all);
  auto tensor = at::empty(sizes, torch::kUInt8);
  stream.read(tensor.data_ptr(), static_cast<std::size_t>(all));
  stream.must_end();
  return tensor;
}

}  // namespace

torch::Tensor read_idx_images(const fs::path& file) {
  return read(file, 2051, "images");
}

torch::Tensor read_idx_labels(const fs::path& file, std::int64_t images) {
  const auto labels = read(file, 2049, "labels");
  if (labels.size(0) != images)
    fail(file, "has " + std::to_string(labels.size(0)) + " labels for " + std::to_string(images) +
                   " images; the two files must belong together");
  return labels.to(torch::kInt64);
}

}  // namespace assay
