#include "read_npy.h"

#include <cstring>
#include <map>
#include <regex>
#include <sstream>

#include <ATen/ops/empty.h>

#include "assay/error.h"
#include "assay/sdk/read_bytes.h"

namespace {

namespace fs = std::filesystem;

const std::map<std::string, torch::Dtype> kTypes = {
    {"|b1", torch::kBool},  {"|u1", torch::kByte},  {"|i1", torch::kChar},
    {"<i2", torch::kShort}, {"<i4", torch::kInt},   {"<i8", torch::kLong},
    {"<f2", torch::kHalf},  {"<f4", torch::kFloat}, {"<f8", torch::kDouble}};

constexpr std::uint32_t kLongestHeader = 4096;  // bytes: regular expressions take stack

class Npy {
 public:
  explicit Npy(const fs::path& file) : file_(file), bytes_(assay::read_bytes(file)) {}

  torch::Tensor read() {
    const auto header = take_header();
    const auto type = kTypes.find(entry(header, "descr", "'([^']*)'"));
    if (type == kTypes.end())
      refuse("has elements of type " + entry(header, "descr", "'([^']*)'") +
             "; expected real numbers, integers or bools, little-endian");
    if (entry(header, "fortran_order", "(True|False)") != "False")
      refuse("is in Fortran's order; save it with numpy.ascontiguousarray()");
    const auto tensor = at::empty(shape(entry(header, "shape", R"(\(([0-9, ]*)\))")), type->second);
    const auto size = bytes_.size() - at_;
    if (size != tensor.nbytes())
      refuse("has " + std::to_string(size) + " bytes of data, expected " +
             std::to_string(tensor.nbytes()));
    if (type->second == torch::kBool)
      for (auto i = at_; i < bytes_.size(); ++i)
        if (bytes_[i] != 0 && bytes_[i] != 1) refuse("has a bool that is neither 0 nor 1");
    if (size > 0) std::memcpy(tensor.mutable_data_ptr(), bytes_.data() + at_, size);
    return tensor;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw assay::Error(assay::ErrorKind::kData, file_.string() + ": " + what);
  }

  // "\x93NUMPY", two bytes of version, the length of the header in 2 or 4 bytes, the header.
  std::string take_header() {
    if (bytes_.size() < 10 || bytes_.compare(0, 6, "\x93NUMPY") != 0) refuse("is no .npy file");
    const auto version = bytes_[6];
    if (version < 1 || version > 3)
      refuse("has version " + std::to_string(version) + " of the format; 1 to 3 are read");
    const std::size_t width = version == 1 ? 2 : 4;
    std::uint32_t length = 0;
    if (bytes_.size() < 8 + width) refuse("is cut off");
    std::memcpy(&length, bytes_.data() + 8, width);
    if (length > kLongestHeader)
      refuse("has a header of " + std::to_string(length) + " bytes; that of one array is shorter");
    at_ = 8 + width + length;
    if (at_ > bytes_.size()) refuse("is cut off");
    return bytes_.substr(8 + width, length);
  }

  // Of a dictionary as Python prints it.
  std::string entry(const std::string& header, const std::string& key,
                    const std::string& pattern) const {
    std::smatch found;
    if (!std::regex_search(header, found, std::regex("'" + key + "': *" + pattern)))
      refuse("has no `" + key + "` in its header, or not a single array");
    return found[1];
  }

  std::vector<std::int64_t> shape(const std::string& text) const {
    std::vector<std::int64_t> sizes;
    std::istringstream in(text);
    std::int64_t elements = 1;
    for (std::string part; std::getline(in, part, ',');) {
      if (part.find_first_not_of(' ') == std::string::npos) continue;
      std::istringstream number(part);
      std::int64_t size = 0;
      if (!(number >> size)) refuse("has the shape (" + text + ")");
      sizes.push_back(size);
      // No array that has its bytes in the file is larger than that.
      if (size != 0 && elements > static_cast<std::int64_t>(bytes_.size()) / size)
        refuse("is cut off: its shape is (" + text + ")");
      elements *= size;
    }
    return sizes;
  }

  const fs::path& file_;
  std::string bytes_;
  std::size_t at_ = 0;
};

}  // namespace

torch::Tensor read_npy(const fs::path& file) {
  return Npy(file).read();
}
