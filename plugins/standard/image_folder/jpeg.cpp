// JPEG by libjpeg-turbo. Its errors leave by longjmp, so nothing with a destructor is made in
// between. Data that are missing are a warning to it, and an error here.
#include <cstdio>  // jpeglib.h needs FILE

#include <jpeglib.h>

#include <jerror.h>

#include <csetjmp>

#include "assay/error.h"
#include "decode.h"

namespace {

constexpr std::int64_t kMostPixels = std::int64_t{1} << 26;

struct Errors {
  jpeg_error_mgr manager;  // first: libjpeg knows this part alone
  std::jmp_buf back;
  char why[JMSG_LENGTH_MAX];
};

[[noreturn]] void leave(j_common_ptr jpeg) {
  auto* errors = reinterpret_cast<Errors*>(jpeg->err);
  errors->manager.format_message(jpeg, errors->why);
  std::longjmp(errors->back, 1);
}

void warn(j_common_ptr jpeg, int level) {
  const int code = jpeg->err->msg_code;
  const bool harmless = level >= 0 || code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM ||
                        code == JWRN_JFIF_MAJOR || code == JWRN_TOO_MUCH_DATA;
  if (!harmless) leave(jpeg);
}

void say_nothing(j_common_ptr) {}

class JpegReader {
 public:
  explicit JpegReader(std::string_view bytes) : bytes_(bytes) {
    jpeg_.err = jpeg_std_error(&errors_.manager);
    errors_.manager.error_exit = leave;
    errors_.manager.emit_message = warn;
    errors_.manager.output_message = say_nothing;
    errors_.why[0] = '\0';
  }
  ~JpegReader() { jpeg_destroy_decompress(&jpeg_); }
  JpegReader(const JpegReader&) = delete;

  Picture read_all() {
    if (!read_head()) refuse();
    if (jpeg_.jpeg_color_space == JCS_CMYK || jpeg_.jpeg_color_space == JCS_YCCK)
      throw assay::Error(assay::ErrorKind::kData, "is a CMYK image; convert it to RGB");
    Picture picture{jpeg_.image_height, jpeg_.image_width,
                    jpeg_.jpeg_color_space == JCS_GRAYSCALE ? 1 : 3};
    if (picture.width > kMostPixels / picture.height)
      throw assay::Error(assay::ErrorKind::kData, "has more than 2^26 pixels");
    picture.bytes.resize(
        static_cast<std::size_t>(picture.height * picture.width * picture.channels));
    if (!read_rows(picture.bytes.data(), picture.width * picture.channels)) refuse();
    return picture;
  }

 private:
  bool read_head() {
    if (setjmp(errors_.back) != 0) return false;
    jpeg_create_decompress(&jpeg_);
    jpeg_mem_src(&jpeg_, reinterpret_cast<const unsigned char*>(bytes_.data()),
                 static_cast<unsigned long>(bytes_.size()));
    jpeg_read_header(&jpeg_, TRUE);
    return true;
  }

  bool read_rows(std::uint8_t* to, std::int64_t stride) {
    if (setjmp(errors_.back) != 0) return false;
    jpeg_.out_color_space = jpeg_.jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(&jpeg_);
    while (jpeg_.output_scanline < jpeg_.output_height) {
      JSAMPROW row = to + static_cast<std::int64_t>(jpeg_.output_scanline) * stride;
      jpeg_read_scanlines(&jpeg_, &row, 1);
    }
    jpeg_finish_decompress(&jpeg_);
    return true;
  }

  [[noreturn]] void refuse() const {
    throw assay::Error(assay::ErrorKind::kData,
                       std::string("cannot be decoded as JPEG: ") + errors_.why);
  }

  std::string_view bytes_;
  Errors errors_;
  jpeg_decompress_struct jpeg_{};
};

}  // namespace

Picture decode_jpeg(std::string_view bytes) {
  return JpegReader(bytes).read_all();
}
