// PNG by libpng. Its errors leave by longjmp, so nothing with a destructor is made in between.
#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>

#include "assay/error.h"
#include "decode.h"

namespace {

constexpr png_uint_32 kMostPixels = 1U << 26;

struct Source {
  std::string_view bytes;
  std::size_t at = 0;
  char why[256] = "";
};

void read(png_structp png, png_bytep to, std::size_t count) {
  auto* source = static_cast<Source*>(png_get_io_ptr(png));
  if (count > source->bytes.size() - source->at) png_error(png, "it is cut off");
  std::memcpy(to, source->bytes.data() + source->at, count);
  source->at += count;
}

[[noreturn]] void fail(png_structp png, png_const_charp why) {
  auto* source = static_cast<Source*>(png_get_error_ptr(png));
  std::strncpy(source->why, why, sizeof source->why - 1);
  png_longjmp(png, 1);
}

void ignore(png_structp, png_const_charp) {}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : source_{bytes} {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source_, fail, ignore);
    info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
    if (info_ == nullptr) throw std::bad_alloc();
    png_set_read_fn(png_, &source_, read);
  }
  ~Reader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  Reader(const Reader&) = delete;

  Picture read_all() {
    if (!read_head()) refuse();
    if (depth_ > 8)
      throw assay::Error(assay::ErrorKind::kData, "has 16 bits per channel; convert it to 8 bits");
    if (static_cast<png_uint_32>(width_) > kMostPixels / static_cast<png_uint_32>(height_))
      throw assay::Error(assay::ErrorKind::kData, "has more than 2^26 pixels");
    Picture picture{height_, width_, channels_};
    picture.bytes.resize(static_cast<std::size_t>(height_ * width_ * channels_));
    std::vector<png_bytep> rows;
    for (std::int64_t y = 0; y < height_; ++y)
      rows.push_back(picture.bytes.data() + y * width_ * channels_);
    if (!read_rows(rows.data())) refuse();
    return picture;
  }

 private:
  bool read_head() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_info(png_, info_);
    depth_ = png_get_bit_depth(png_, info_);
    const auto type = png_get_color_type(png_, info_);
    if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png_);
    if (type == PNG_COLOR_TYPE_GRAY && depth_ < 8) png_set_expand_gray_1_2_4_to_8(png_);
    png_set_strip_alpha(png_);
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    height_ = png_get_image_height(png_, info_);
    width_ = png_get_image_width(png_, info_);
    channels_ = png_get_channels(png_, info_);
    return true;
  }

  bool read_rows(png_bytepp rows) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_image(png_, rows);
    png_read_end(png_, nullptr);
    return true;
  }

  [[noreturn]] void refuse() const {
    throw assay::Error(assay::ErrorKind::kData,
                       std::string("cannot be decoded as PNG: ") + source_.why);
  }

  Source source_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  int depth_ = 0;
  std::int64_t height_ = 0, width_ = 0, channels_ = 0;
};

}  // namespace

Picture decode_png(std::string_view bytes) {
  return Reader(bytes).read_all();
}
