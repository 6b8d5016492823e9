// Files made to hurt: each is refused, with a sentence that names what is wrong.
#include <catch2/catch.hpp>

#include <ctime>

#include "assay/error.h"
#include "assay/sdk/safetensors.h"
#include "tests/support/safetensors_bytes.h"

using namespace assay;
using assay::testing::entry;
using assay::testing::file_of;
using assay::testing::little_endian;

namespace {

struct Hostile {
  std::string why;
  std::string bytes;
  std::string says;  // part of the message
};

const std::string kFour(4, '\x01');
const std::string kA = entry("a", "U8", "[2]", "[0,2]");

std::string braces(const std::string& inside) {
  return "{" + inside + "}";
}

std::string repeat(const std::string& text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

// One wrong tensor beside four bytes of data.
Hostile tensor(const std::string& why, const std::string& dtype, const std::string& shape,
               const std::string& offsets, const std::string& says) {
  return {why, file_of(braces(entry("a", dtype, shape, offsets)), kFour), says};
}

std::vector<Hostile> lengths() {
  return {{"no bytes", "", "at least 8"},
          {"half a length", "\x02\x00\x00", "at least 8"},
          {"a length beyond the file", little_endian(100) + "{}", "only 2 bytes follow"},
          {"a huge length", little_endian(~std::uint64_t{0}) + "{}", "at most 16777216"},
          {"a length just over the cap", little_endian((16 << 20) + 1) + "{}", "at most 16777216"},
          {"an empty header", file_of(""), "begin with `{`"},
          {"trailing bytes", file_of("{}", "x"), "cover 0 bytes, but 1 follow"}};
}

std::vector<Hostile> json() {
  return {{"a list", file_of("[]"), "begin with `{`"},
          {"a space first", file_of(" {}"), "begin with `{`"},
          {"a byte order mark", file_of("\xef\xbb\xbf{}"), "begin with `{`"},
          {"an open brace", file_of("{"), "not JSON"},
          {"two objects", file_of("{}{}"), "not JSON"},
          {"NUL after the object", file_of(std::string("{}\0\0", 4)), "contains a NUL"},
          {"NUL in a name", file_of(std::string("{\"a\0\":1}", 8)), "contains a NUL"},
          {"escaped NUL in a name", file_of(braces(entry("a\\u0000", "U8", "[0]", "[0,0]"))),
           "contains a NUL"},
          {"not UTF-8", file_of("{\"\xff\":1}"), "not JSON"},
          {"half a surrogate", file_of("{\"\\ud800\":1}"), "not JSON"},
          {"a comment", file_of("{/**/}"), "not JSON"},
          {"a comma too many", file_of("{" + kA + ",}", "xx"), "not JSON"},
          {"NaN", file_of("{\"a\":NaN}"), "not JSON"},
          {"a leading zero", file_of(braces(entry("a", "U8", "[04]", "[0,4]")), kFour), "not JSON"},
          {"depth", file_of("{\"a\":" + repeat("{\"b\":", 1000)), "the key"},
          {"depth of lists", file_of("{\"a\":" + repeat("[", 100'000)), "a list"}};
}

std::vector<Hostile> forms() {
  return {{"a tensor that is a number", file_of("{\"a\":1}"), "a number"},
          {"a tensor that is null", file_of("{\"a\":null}"), "null"},
          {"a tensor that is a string", file_of("{\"a\":\"b\"}"), "a string"},
          {"a tensor that is a list", file_of("{\"a\":[\"U8\",[0],[0,0]]}"), "a list"},
          {"a tensor of nothing", file_of("{\"a\":{}}"), "must have"},
          {"no shape", file_of(R"({"a":{"dtype":"U8","data_offsets":[0,4]}})", kFour),
           "must have dtype, shape"},
          {"another key", file_of(R"({"a":{"dtype":"U8","code":"rm"}})"), "the key \"code\""},
          {"dtype twice", file_of(R"({"a":{"dtype":"U8","dtype":"I8"}})"), "dtype twice"},
          {"metadata of numbers", file_of(R"({"__metadata__":{"a":1}})"), "a number"},
          {"metadata of maps", file_of(R"({"__metadata__":{"a":{}}})"), "an object"},
          {"metadata null", file_of(R"({"__metadata__":null})"), "null"},
          {"metadata twice", file_of(R"({"__metadata__":{},"__metadata__":{}})"), "occurs twice"},
          {"a metadata key twice", file_of(R"({"__metadata__":{"a":"","a":""}})"), "occurs twice"},
          {"a name twice", file_of("{" + kA + "," + kA + "}", "xx"), "occurs twice"},
          {"a name twice, once escaped",
           file_of("{" + kA + "," + entry("\\u0061", "U8", "[0]", "[2,2]") + "}", "xx"),
           "occurs twice"}};
}

std::vector<Hostile> tensors() {
  return {
      tensor("unknown dtype", "C64", "[1]", "[0,4]", "has dtype \"C64\""),
      tensor("dtype in small letters", "f32", "[1]", "[0,4]", "has dtype \"f32\""),
      tensor("negative shape", "U8", "[-4]", "[0,4]", "a negative number"),
      tensor("negative zero", "U8", "[-0]", "[0,4]", "a negative number"),
      tensor("real shape", "U8", "[4.0]", "[0,4]", "not a 64-bit integer"),
      tensor("shape with an exponent", "U8", "[4e0]", "[0,4]", "not a 64-bit integer"),
      tensor("shape of strings", "U8", "[\"4\"]", "[0,4]", "a string"),
      tensor("nested shape", "U8", "[[4]]", "[0,4]", "a list"),
      tensor("shape over 2^63", "U8", "[9223372036854775808]", "[0,4]", "above 2^63"),
      tensor("shape over 2^64", "U8", "[18446744073709551616]", "[0,4]", "not a 64-bit"),
      tensor("a product that overflows", "U8", "[4294967296,4294967296,4]", "[0,4]", "2^63"),
      tensor("a product that wraps to 4", "F32", "[4611686018427387905]", "[0,4]", "2^63"),
      tensor("an empty one with huge strides", "U8", "[0,4294967296,4294967296]", "[0,4]", "2^63"),
      tensor("too many dimensions", "U8", "[" + repeat("1,", 64) + "4]", "[0,4]", "more than 64"),
      tensor("more data than the shape", "U8", "[3]", "[0,4]", "need 3"),
      tensor("less data than the shape", "F64", "[1]", "[0,4]", "need 8"),
      tensor("a hole in front", "U8", "[3]", "[1,4]", "begins at 1"),
      tensor("an end before the beginning", "U8", "[4]", "[0,-4]", "a negative number"),
      tensor("an end past the file", "U8", "[5]", "[0,5]", "ends at 5"),
      tensor("a huge end", "U8", "[4]", "[0,18446744073709551615]", "ends at"),
      tensor("one offset", "U8", "[4]", "[4]", "must have two data_offsets"),
      tensor("three offsets", "U8", "[4]", "[0,4,4]", "must have two data_offsets"),
      tensor("bytes left over", "U8", "[3]", "[0,3]", "cover 3 bytes, but 4 follow"),
      {"a bool of 2", file_of(braces(entry("a", "BOOL", "[1]", "[0,1]")), "\x02"), "BOOL"},
      {"a hole", file_of("{" + kA + "," + entry("b", "U8", "[1]", "[3,4]") + "}", kFour),
       "begins at 3"},
      {"an overlap", file_of("{" + kA + "," + entry("b", "U8", "[3]", "[1,4]") + "}", kFour),
       "begins at 1"},
      {"one inside the other",
       file_of("{" + entry("b", "U8", "[4]", "[0,4]") + "," + kA + "}", kFour), "begins at 0"},
      {"out of order", file_of("{" + entry("b", "U8", "[2]", "[2,4]") + "," + kA + "}", kFour),
       "begins at 2"}};
}

std::string many_tensors() {
  std::string header = "{";
  for (int i = 0; i <= 16'384; ++i)
    header.append(i == 0 ? "" : ",").append(entry(std::to_string(i), "U8", "[0]", "[0,0]"));
  return header + "}";
}

std::string many_metadata() {
  std::string header = R"({"__metadata__":{)";
  for (int i = 0; i < 1'000'000; ++i)
    header.append(i == 0 ? "\"" : ",\"").append(std::to_string(i)).append("\":\"\"");
  return header + "}}";
}

std::vector<Hostile> big() {
  const std::size_t cap = 16 << 20;
  return {{"16,385 tensors", file_of(many_tensors()), "more than 16384"},
          {"a million metadata", file_of(many_metadata()), "more than 16384"},
          {"16 MiB of brackets", file_of("{\"a\":" + std::string(cap - 5, '[')), "a list"},
          {"16 MiB of spaces", file_of("{" + std::string(cap - 1, ' ')), "not JSON"},
          {"16 MiB of a name", file_of("{\"" + std::string(cap - 2, 'a')), "not JSON"},
          {"16 MiB of digits", file_of("{\"a\":" + std::string(cap - 5, '9')), "not JSON"}};
}

void check_refused(const std::vector<Hostile>& files) {
  for (const auto& [why, bytes, says] : files) {
    INFO(why);
    const auto start = std::clock();  // of this process alone: a busy machine fails nobody
    std::string message = "nothing: it was read";
    try {
      from_safetensors(bytes, "bad.safetensors");
    } catch (const Error& error) {
      message = error.what();
      CHECK(error.kind() == ErrorKind::kCorrupt);
    }
    CHECK_THAT(message, Catch::StartsWith("bad.safetensors: "));
    CHECK_THAT(message, Catch::Contains(says));
    CHECK(message.size() < 500);
    CHECK(std::clock() - start < 5 * CLOCKS_PER_SEC);  // under a sanitizer too
  }
}

}  // namespace

TEST_CASE("a wrong length is refused") {
  check_refused(lengths());
}
TEST_CASE("a header that is not plain JSON is refused") {
  check_refused(json());
}
TEST_CASE("a header of another form is refused") {
  check_refused(forms());
}
TEST_CASE("tensors that do not fill the file exactly are refused") {
  check_refused(tensors());
}
TEST_CASE("a header at the size limit takes no time") {
  check_refused(big());
}

TEST_CASE("metadata, spaces and escapes are read over") {
  const auto header = "{\"__metadata__\":{\"format\":\"pt\"}, \n\t" +
                      entry("\\u0061", "BOOL", "[ 2 ]", "[0, 2]") + "}   ";
  const auto read = from_safetensors(file_of(header, std::string("\x00\x01", 2)), "x");
  REQUIRE(read.size() == 1);
  CHECK(read.at("a").sum().item<std::int64_t>() == 1);
}
