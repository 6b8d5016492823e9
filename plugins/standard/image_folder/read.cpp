#include "read.h"

#include <algorithm>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include "assay/error.h"
#include "assay/sdk/read_bytes.h"

namespace {

namespace fs = std::filesystem;
using assay::Error, assay::ErrorKind;

// As torchvision's Resize with one number: the shorter side gets it, the longer one is cut off.
Picture fit_and_crop(const Picture& picture, const ImageFormat& format) {
  const auto scale =
      std::max(static_cast<double>(format.height) / static_cast<double>(picture.height),
               static_cast<double>(format.width) / static_cast<double>(picture.width));
  const auto scaled = [&](std::int64_t side, std::int64_t least) {
    return std::max(least, static_cast<std::int64_t>(scale * static_cast<double>(side)));
  };
  return crop_center(resize(picture, scaled(picture.height, format.height),
                            scaled(picture.width, format.width), format.filter),
                     format.height, format.width);
}

Picture read_picture(const fs::path& file, const ImageFormat& format) {
  auto picture = decode(assay::read_bytes(file), format.channels);
  if (format.height == 0) return picture;
  return format.crop ? fit_and_crop(picture, format)
                     : resize(picture, format.height, format.width, format.filter);
}

// From interleaved channels to one plane per channel.
void copy_planes(const Picture& picture, std::uint8_t* to) {
  const auto size = picture.height * picture.width;
  for (std::int64_t c = 0; c < picture.channels; ++c)
    for (std::int64_t p = 0; p < size; ++p)
      *to++ = picture.bytes[static_cast<std::size_t>(p * picture.channels + c)];
}

void check_size(const Picture& picture, const Picture& first, const fs::path& file,
                const fs::path& first_file) {
  if (picture.height == first.height && picture.width == first.width) return;
  throw Error(ErrorKind::kData, file.string() + " has " + std::to_string(picture.height) + " x " +
                                    std::to_string(picture.width) + " pixels, and " +
                                    first_file.string() + " " + std::to_string(first.height) +
                                    " x " + std::to_string(first.width) +
                                    ": set `height` and `width`");
}

}  // namespace

Decoded decode_all(const std::vector<fs::path>& files, const ImageFormat& format) {
  std::vector<Picture> pictures(files.size());
  std::vector<std::string> faults(files.size());
  at::parallel_for(0, std::ssize(files), 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto k = static_cast<std::size_t>(begin); k < static_cast<std::size_t>(end); ++k) try {
        pictures[k] = read_picture(files[k], format);
      } catch (const Error& error) {
        faults[k] = files[k].string() + " " + error.what();
      }
  });
  Decoded decoded;
  for (std::size_t k = 0; k < files.size(); ++k)
    if (faults[k].empty())
      decoded.places.push_back(k);
    else
      decoded.refused.push_back(faults[k]);
  if (decoded.places.empty())
    throw Error(ErrorKind::kData, "no image can be decoded: " + decoded.refused.front());
  const auto first = decoded.places.front();
  const Picture shape{pictures[first].height, pictures[first].width, pictures[first].channels, {}};
  const auto count = std::ssize(decoded.places);
  decoded.pixels = at::empty({count, shape.channels, shape.height, shape.width}, torch::kByte);
  auto* to = decoded.pixels.mutable_data_ptr<std::uint8_t>();
  for (const auto k : decoded.places) {
    check_size(pictures[k], shape, files[k], files[first]);
    copy_planes(pictures[k], to);
    to += std::ssize(pictures[k].bytes);
    pictures[k] = {};  // the bytes lie in the tensor now
  }
  return decoded;
}
