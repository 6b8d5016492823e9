#include "assay/sdk/read_bytes.h"

#include <fstream>
#include <sstream>

#include "assay/error.h"

namespace assay {

std::string read_bytes(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  // An empty file sets the stream's failbit too.
  if (!in.is_open() || in.bad() || (!bytes && in.peek() != std::ifstream::traits_type::eof()))
    throw Error(ErrorKind::kData, file.string() + ": the file cannot be read");
  return std::move(bytes).str();
}

}  // namespace assay
