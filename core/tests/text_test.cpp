// Text from a program that is printed: every escape, and the columns it takes.
#include "overt/text.h"

#include <doctest/doctest.h>

#include "patches.h"

namespace overt {
namespace {

using namespace std::string_literals;

TEST_CASE("text without control characters stays as it is") {
  CHECK(printable("").empty());
  CHECK(printable("http.client:HTTPConnection['x']") == "http.client:HTTPConnection['x']");
  CHECK(printable("<script>&amp; ~\\") == "<script>&amp; ~\\");
  CHECK(printable("größe 大 🚀 \u00a0\u061d\u200a\u2010\u2027\u202f\u205f\u206a") ==
        "größe 大 🚀 \u00a0\u061d\u200a\u2010\u2027\u202f\u205f\u206a");
}

TEST_CASE("control characters become escapes") {
  CHECK(printable("a\nb") == "a\\nb");
  CHECK(printable("\t\r\x1b[31m") == "\\x09\\x0d\\x1b[31m");
  CHECK(printable("a\0b"s) == "a\\x00b");
  CHECK(printable("\x1f \x7f") == "\\x1f \\x7f");
  CHECK(printable("\u0080\u009b\u009f") == "\\x80\\x9b\\x9f");
}

TEST_CASE("characters that turn or hide what stands around them become escapes") {
  CHECK(printable("\u061c\u200b\u200f\u2028\u202e") == "\\u061c\\u200b\\u200f\\u2028\\u202e");
  CHECK(printable("\u2060\u2066\u2069\ufeff") == "\\u2060\\u2066\\u2069\\ufeff");
}

TEST_CASE("bytes that are no UTF-8 become escapes, one by one") {
  CHECK(printable("\xff") == "\\xff");
  CHECK(printable("\x80 \xbf \xc1 \xf5") == "\\x80 \\xbf \\xc1 \\xf5");
  CHECK(printable("a\xc3") == "a\\xc3");                           // cut after one byte of two
  CHECK(printable("\xe5\xa4") == "\\xe5\\xa4");                    // two of three
  CHECK(printable("\xf0\x9f\x9a") == "\\xf0\\x9f\\x9a");           // three of four
  CHECK(printable("\xc3(") == "\\xc3(");                           // no continuation
  CHECK(printable("\xe5\xa4(") == "\\xe5\\xa4(");                  // a late one
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");                    // overlong '/'
  CHECK(printable("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");           // again, in three
  CHECK(printable("\xf0\x80\x80\xaf") == "\\xf0\\x80\\x80\\xaf");  // in four
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // a surrogate
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond Unicode
}

TEST_CASE("the edges of what UTF-8 can hold are characters") {
  for (const char* text : {"\x7e", "\u00a0", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff",
                           "\U00010000", "\U0010ffff"}) {
    CHECK(printable(text) == text);
  }
}

TEST_CASE("no byte and no pair of bytes gets through that a terminal would act on") {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second)};
      const auto safe = printable(text);
      if (!test::is_harmless(safe) || safe.find('\n') != std::string::npos) FAIL_CHECK(safe);
    }
  }
}

TEST_CASE("a text that is too long is cut, and says how much is missing") {
  CHECK(printable("abcdef", 6) == "abcdef");
  CHECK(printable("abcdef", 4) == "abcd... (2 bytes more)");
  CHECK(printable("äöü", 3) == "äö... (2 bytes more)");  // never inside a character
  CHECK(printable("abc", 0) == "... (3 bytes more)");
  const auto huge = printable(std::string(1U << 20U, '\x1b'));
  CHECK(huge.size() < 2000);
  CHECK(huge.ends_with("... (1048176 bytes more)"));
}

TEST_CASE("width counts the columns of a terminal") {
  CHECK(width("") == 0);
  CHECK(width("abc") == 3);
  CHECK(width("größe") == 5);
  CHECK(width("大") == 2);
  CHECK(width("a大b") == 4);
  CHECK(width("\xff\xe5") == 2);  // a byte that is no UTF-8 takes one
}

TEST_CASE("wide are the scripts of East Asia and the pictures") {
  for (const char* wide :
       {"\u1100",     "\u115f",     "\u2e80",     "\ua4cf",     "\uac00",     "\ud7a3",
        "\uf900",     "\ufaff",     "\ufe30",     "\ufe6f",     "\uff00",     "\uff60",
        "\uffe0",     "\uffe6",     "\U0001f300", "\U0001f64f", "\U0001f680", "\U0001f6ff",
        "\U0001f900", "\U0001f9ff", "\U00020000", "\U0003fffd"}) {
    CAPTURE(wide);
    CHECK(width(wide) == 2);
  }
  for (const char* narrow :
       {"\u10ff",     "\u1160",     "\u2e7f",     "\ua4d0",     "\uabff",     "\ud7a4",
        "\uf8ff",     "\ufb00",     "\ufe2f",     "\ufe70",     "\ufeff",     "\uff61",
        "\uffdf",     "\uffe7",     "\U0001f2ff", "\U0001f650", "\U0001f67f", "\U0001f700",
        "\U0001f8ff", "\U0001fa00", "\U0001ffff", "\U0003fffe"}) {
    CAPTURE(narrow);
    CHECK(width(narrow) == 1);
  }
}

}  // namespace
}  // namespace overt
