// Image files into bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Rows of pixels, from the top left, with interleaved channels.
struct Picture {
  std::int64_t height = 0, width = 0, channels = 0;
  std::vector<std::uint8_t> bytes = {};  // [height, width, channels]
};

/// A PNG or JPEG file, by its first bytes, as grayscale (1 channel) or RGB (3). Gray becomes RGB by
/// repetition, RGB becomes gray as 0.299 R + 0.587 G + 0.114 B, palettes are resolved, and an alpha
/// channel is dropped: as PIL's convert() does. The orientation in EXIF data is not applied. Throws
/// assay::Error{kData}, without the file's name, for other formats, CMYK, 16 bits per channel, and
/// files that are damaged or cut off.
Picture decode(std::string_view bytes, std::int64_t channels);

Picture decode_png(std::string_view bytes);   // 1 or 3 channels
Picture decode_jpeg(std::string_view bytes);  // 1 or 3 channels
