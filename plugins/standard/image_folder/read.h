// The files of a listing, decoded to one size.
#pragma once

#include "assay/sdk/images.h"
#include "listing.h"
#include "resize.h"

struct ImageFormat {
  std::int64_t channels = 3;
  std::int64_t height = 0, width = 0;  // 0: all images have one size already
  bool crop = false;                   // keeps the aspect ratio and cuts the middle out
  Filter filter = Filter::kBilinear;
};

struct Decoded {
  torch::Tensor pixels;             // [N, C, H, W] uint8, of those that could be decoded
  std::vector<std::size_t> places;  // of these, in the listing
  assay::Strings refused;           // why each of the others could not be, with its path
};

/// Decodes with all threads. Throws assay::Error{kData} for images of two sizes without a size to
/// give them, or if none can be decoded.
Decoded decode_all(const std::vector<std::filesystem::path>& files, const ImageFormat& format);
