#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/random.hpp"
#include "base/utf8.hpp"
#include "base/uuid.hpp"

#include <gtest/gtest.h>

namespace kaiwa {
namespace {

TEST(Uuid, HasOneSpelling) {
    auto const text = "0190a6f0-0000-7abc-8def-0123456789ab";
    auto const id = Uuid::parse(text);
    ASSERT_TRUE(id);
    EXPECT_EQ(id->text(), text);
    for (auto bad : {"", "0190A6F0-0000-7abc-8def-0123456789ab", "0190a6f000007abc8def0123456789ab",
                     "{0190a6f0-0000-7abc-8def-0123456789ab}", "0190a6f0-0000-7abc-8def-0123456789a",
                     "0190a6f0-0000-7abc-8def-0123456789abc", "0190a6f0_0000-7abc-8def-0123456789ab",
                     "0190a6f0-0000-7abc-8def-0123456789ag"})
        EXPECT_FALSE(Uuid::parse(bad)) << bad;
}

TEST(Uuid, OfVersion7CarriesTheTimeAndDiffers) {
    SystemClock clock;
    SystemRandom random;
    auto const a = make_uuid7(clock, random), b = make_uuid7(clock, random);
    EXPECT_NE(a, b);
    EXPECT_EQ(a.text()[14], '7');
    EXPECT_TRUE(std::string_view("89ab").contains(a.text()[19]));
}

TEST(Time, RoundTripsAndReadsOffsets) {
    auto const time = parse_rfc3339("2026-02-28T23:59:59.123Z").value();
    EXPECT_EQ(to_rfc3339(time), "2026-02-28T23:59:59.123Z");
    EXPECT_EQ(parse_rfc3339("2026-03-01T08:59:59.123456+09:00").value(), time);
    EXPECT_EQ(to_rfc3339(Timestamp{}), "1970-01-01T00:00:00.000Z");
    for (auto bad : {"", "2026-02-30T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00", "x",
                     "2026-01-01T24:00:00Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx"})
        EXPECT_FALSE(parse_rfc3339(bad).has_value()) << bad;
}

TEST(Base64, RoundTripsInBothAlphabets) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) {
        EXPECT_EQ(decode_base64(base64(bytes)).value(), bytes);
        auto const url =
            base64url({reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size()});
        EXPECT_EQ(decode_base64(url).value(), bytes);
        EXPECT_EQ(url.find_first_of("+/="), url.npos);
        bytes.push_back(static_cast<char>(255 - i));
    }
    EXPECT_EQ(base64("foob"), "Zm9vYg==");
    for (auto bad : {"a", "ab*d", "a b"}) EXPECT_FALSE(decode_base64(bad).has_value()) << bad;
}

TEST(Sealer, OpensOnlyWhatItSealedInTheSameContext) {
    SystemRandom random;
    Sealer const sealer(sha256("key")), other(sha256("another"));
    auto const sealed = sealer.seal(Secret("sk-canary"), "provider/local", random);
    EXPECT_EQ(sealed.find("canary"), sealed.npos);
    EXPECT_EQ(sealer.open(sealed, "provider/local").value().reveal(), "sk-canary");
    EXPECT_FALSE(sealer.open(sealed, "provider/other").has_value());
    EXPECT_FALSE(other.open(sealed, "provider/local").has_value());
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto changed = sealed;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(sealer.open(changed, "provider/local").has_value()) << i;
        EXPECT_FALSE(sealer.open(sealed.substr(0, i), "provider/local").has_value()) << i;
    }
}

TEST(Sha256, MatchesItsStandard) {
    EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Utf8, ReplacesIllFormedPartsByTheStandardsPractice) {
    EXPECT_EQ(replace_invalid_utf8("a\x80 b"), "a\xEF\xBF\xBD b");
    EXPECT_EQ(replace_invalid_utf8("\xF0\x9F\x98"), "\xEF\xBF\xBD");
    EXPECT_EQ(replace_invalid_utf8("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(replace_invalid_utf8("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(replace_invalid_utf8("会話😀"), "会話😀");
    EXPECT_FALSE(is_valid_utf8("\xF4\x90\x80\x80"));
    EXPECT_FALSE(is_valid_utf8("\xE0\x80\x80"));
}

TEST(Utf8, TellsAnUnfinishedEnd) {
    std::string const text = "é会😀";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        auto const part = std::string_view(text).substr(0, cut);
        auto const unfinished = unfinished_utf8_suffix(part);
        EXPECT_TRUE(is_valid_utf8(part.substr(0, part.size() - unfinished))) << cut;
        EXPECT_EQ(unfinished == 0, is_valid_utf8(part)) << cut;
    }
    EXPECT_EQ(unfinished_utf8_suffix("a\xC0"), 0u);
    EXPECT_EQ(unfinished_utf8_suffix("\x80"), 0u);
}

TEST(Utf8, CutsBetweenCodePoints) {
    EXPECT_EQ(utf8_prefix("会話", 4), "会");
    EXPECT_EQ(utf8_prefix("会話", 6), "会話");
    EXPECT_EQ(utf8_prefix("会", 2), "");
    EXPECT_EQ(utf8_first("会話a", 2), "会話");
    EXPECT_EQ(count_code_points("会話😀a"), 4u);
}

}  // namespace
}  // namespace kaiwa
