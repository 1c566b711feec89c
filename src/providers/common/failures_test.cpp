#include "providers/common/failures.hpp"

#include <gtest/gtest.h>

namespace kaiwa::providers {
namespace {

using std::chrono::milliseconds;

std::optional<milliseconds> advice(http::Headers headers) {
    return retry_advice(headers);
}

TEST(Failures, ReadsEveryFormOfRetryAfter) {
    EXPECT_EQ(advice({{"Retry-After", "2"}}), milliseconds(2'000));
    EXPECT_EQ(advice({{"Retry-After", "0.5"}}), milliseconds(500));
    EXPECT_EQ(advice({{"retry-after-ms", "120"}, {"retry-after", "9"}}), milliseconds(120));
    EXPECT_EQ(advice({{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"},
                      {"Retry-After", "Sun, 06 Nov 1994 08:49:40 GMT"}}),
              milliseconds(3'000));
    EXPECT_EQ(advice({{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"},
                      {"Retry-After", "Sun, 06 Nov 1994 08:00:00 GMT"}}),
              milliseconds(0));
    EXPECT_EQ(advice({}), std::nullopt);
    for (auto const* odd : {"soon", "-1", "1e99", "Sun, 06 Nov 1994 08:49:37 GMT", "2, 3"}) {
        EXPECT_EQ(advice({{"Retry-After", odd}}), std::nullopt) << odd;
    }
}

TEST(Failures, ReadsErrorsThatAreNoProperJson) {
    EXPECT_EQ(read_vendor_error("upstream connect error").message, "upstream connect error");
    EXPECT_EQ(read_vendor_error("\xFF{").message, "\xEF\xBF\xBD{");
    EXPECT_EQ(read_vendor_error("").message, "");
    EXPECT_EQ(read_vendor_error(R"({"error":{"code":429}})").code, "429");
    EXPECT_EQ(read_vendor_error(R"([{"error":{"message":"x"}}])").message, "x");
    EXPECT_EQ(
        read_vendor_error(R"({"detail":[{"loc":["body","top_p"],"msg":"extra"},{"msg":"m"}]})")
            .message,
        "'top_p': extra; '': m");
}

TEST(Failures, KeepsMessagesShortAndOnOneLine) {
    auto const shown = fit_for_people("a\r\nb\x1B[31m" + std::string(600, 'x'));
    EXPECT_LE(shown.size(), 504u);
    EXPECT_TRUE(shown.starts_with("a  b [31m"));
    EXPECT_EQ(fit_for_people("key k1 and k1.", Secret("k1")), "key *** and ***.");
}

TEST(Failures, AKeyThatLiesAcrossTheCutOfTheWordsIsNotHalfShown) {
    Secret const key("sk-" + std::string(40, 'k'));
    auto const body = std::string(480, 'x') + key.reveal();
    EXPECT_FALSE(failure_from(401, {}, body, key).message.contains("sk-"));
    EXPECT_FALSE(fit_for_people(failure_inside(body).message, key).contains("sk-"));
}

TEST(Failures, OnlyWhatCannotHaveReachedTheServerIsUnsent) {
    for (auto const* reason : {"resolve", "connect", "tls"})
        EXPECT_TRUE(failure_from(Error{Errc::unavailable, "no", reason}).is_unsent) << reason;
    EXPECT_TRUE(failure_from(Error{Errc::timed_out, "slow", "connect"}).is_unsent);
    EXPECT_FALSE(failure_from(Error{Errc::unavailable, "cut", "broken"}).is_unsent);
    EXPECT_FALSE(failure_from(Error{Errc::timed_out, "slow", "first_byte"}).is_unsent);
    EXPECT_FALSE(cut_short().is_unsent);
}

TEST(Failures, TellWhichWordsAreOursAndWhichTheServers) {
    auto const reason = [](unsigned status, std::string_view body) {
        return failure_from(status, {}, body, Secret()).reason;
    };
    EXPECT_EQ(reason(500, R"({"error":{"message":"out of memory"}})"), "said");
    EXPECT_EQ(reason(500, "upstream connect error"), "said");
    EXPECT_EQ(reason(500, ""), "unsaid");
    EXPECT_EQ(reason(502, " <html>"), "web_page");
    EXPECT_EQ(reason(308, "see there"), "redirected");
    EXPECT_EQ(failure_inside(R"({"error":"out of memory"})").reason, "said");
    EXPECT_EQ(failure_inside("{}").reason, "unsaid");
    EXPECT_EQ(failure_from(Error{Errc::timed_out, "slow", "first_byte"}).reason, "first_byte");
    EXPECT_EQ(cut_short().reason, "cut_short");
}

TEST(Failures, ARequestIdIsVisibleAsciiOrNone) {
    Secret const none;
    EXPECT_EQ(request_id({{"x-request-id", "req_1"}}, none), "req_1");
    EXPECT_EQ(request_id({{"x-request-id", std::string(200, 'a')}}, none).size(), 128u);
    EXPECT_EQ(request_id({{"x-request-id", "\xE3\x81\x82"}, {"request-id", "req_2"}}, none),
              "req_2");
    std::string const key(164, 'k');
    EXPECT_EQ(request_id({{"x-request-id", "for:" + key}}, Secret(key)), "for:***")
        << "a key is looked for before the id is cut";
    EXPECT_EQ(failure_from(401, {{"x-request-id", key}}, "", Secret(key)).provider_request_id,
              "***");
}

}  // namespace
}  // namespace kaiwa::providers
