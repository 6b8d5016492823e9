// What is UTF-8, at each border of RFC 3629.
#include <catch2/catch.hpp>

#include "assay/utf8.h"

using assay::is_utf8, assay::utf8_length;

TEST_CASE("characters of one to four bytes are UTF-8, from the first to the last of each length") {
  const std::pair<const char*, std::size_t> borders[] = {{"\x01", 1},
                                                         {"\x7f", 1},
                                                         {"\xc2\x80", 2},
                                                         {"\xdf\xbf", 2},
                                                         {"\xe0\xa0\x80", 3},
                                                         {"\xed\x9f\xbf", 3},
                                                         {"\xee\x80\x80", 3},
                                                         {"\xef\xbf\xbf", 3},
                                                         {"\xf0\x90\x80\x80", 4},
                                                         {"\xf4\x8f\xbf\xbf", 4}};
  std::string all;
  for (const auto& [text, size] : borders) {
    CHECK(utf8_length(std::string(text) + "x") == size);
    all += text;
  }
  CHECK(is_utf8(all));
  CHECK(is_utf8(""));
  CHECK(is_utf8(std::string(1, '\0')));
}

TEST_CASE("what lies beyond a border, and what is cut short, is not") {
  for (const char* text : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x9f\xbf",
                           "\xed\xa0\x80", "\xed\xbf\xbf", "\xe2\x82", "\xf0\x8f\xbf\xbf",
                           "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xf0\x9f\x98"}) {
    CHECK(utf8_length(text) == 0);
    CHECK_FALSE(is_utf8(std::string("a") + text));
  }
}
