#include "decode.h"

#include "assay/error.h"

namespace {

Picture to_rgb(const Picture& gray) {
  Picture rgb{gray.height, gray.width, 3};
  rgb.bytes.reserve(3 * gray.bytes.size());
  for (const auto value : gray.bytes) rgb.bytes.insert(rgb.bytes.end(), 3, value);
  return rgb;
}

// The weights of ITU-R BT.601 in units of 2^-16, rounded.
Picture to_gray(const Picture& rgb) {
  Picture gray{rgb.height, rgb.width, 1};
  gray.bytes.reserve(rgb.bytes.size() / 3);
  for (std::size_t i = 0; i + 2 < rgb.bytes.size(); i += 3) {
    const auto sum =
        19595U * rgb.bytes[i] + 38470U * rgb.bytes[i + 1] + 7471U * rgb.bytes[i + 2] + 0x8000U;
    gray.bytes.push_back(static_cast<std::uint8_t>(sum >> 16));
  }
  return gray;
}

}  // namespace

Picture decode(std::string_view bytes, std::int64_t channels) {
  Picture picture;
  if (bytes.starts_with("\x89PNG"))
    picture = decode_png(bytes);
  else if (bytes.starts_with("\xff\xd8"))
    picture = decode_jpeg(bytes);
  else
    throw assay::Error(assay::ErrorKind::kData, "is neither a PNG nor a JPEG file");
  if (picture.channels == channels) return picture;
  return channels == 1 ? to_gray(picture) : to_rgb(picture);
}
