#include "api/problem.hpp"

#include "api/test_doubles.hpp"
#include "base/json.hpp"
#include "tests/support/run_task.hpp"

#include <gtest/gtest.h>

namespace kaiwa::api {
namespace {

TEST(Problems, HaveOneStatusAndCodeForEachKind) {
    struct Case {
        Errc code;
        std::string reason;
        unsigned status;
        std::string shown;
    };
    std::vector<Case> const cases{
        {Errc::invalid_argument, "", 400, "invalid_request"},
        {Errc::invalid_argument, "unknown_field", 400, "unknown_field"},
        {Errc::invalid_argument, "method_not_allowed", 405, "method_not_allowed"},
        {Errc::unauthenticated, "", 401, "unauthenticated"},
        {Errc::unauthenticated, "wrong_credentials", 401, "wrong_credentials"},
        {Errc::forbidden, "", 403, "forbidden"},
        {Errc::forbidden, "wrong_credentials", 403, "wrong_credentials"},
        {Errc::forbidden, "bad_origin", 403, "bad_origin"},
        {Errc::forbidden, "misdirected", 421, "misdirected"},
        {Errc::invalid_argument, "upgrade_required", 426, "upgrade_required"},
        {Errc::not_found, "anything", 404, "not_found"},
        {Errc::conflict, "", 409, "conflict"},
        {Errc::conflict, "idempotency_conflict", 409, "idempotency_conflict"},
        {Errc::gone, "events_expired", 410, "events_expired"},
        {Errc::too_large, "", 413, "too_large"},
        {Errc::unsupported, "unsupported_type", 415, "unsupported_type"},
        {Errc::rate_limited, "", 429, "too_many_requests"},
        {Errc::timed_out, "request_timeout", 408, "request_timeout"},
        {Errc::invalid_argument, "expectation", 417, "expectation"},
        {Errc::invalid_argument, "head_too_large", 431, "head_too_large"},
        {Errc::invalid_argument, "too_many_fields", 431, "too_many_fields"},
        {Errc::invalid_argument, "http_version", 505, "http_version"},
        {Errc::unavailable, "", 503, "unavailable"},
        {Errc::unavailable, "draining", 503, "draining"},
        {Errc::internal, "SELECT 1", 500, "internal"}};
    for (auto const& [code, reason, status, shown] : cases) {
        auto const problem = to_problem(Error{code, "text", reason});
        EXPECT_EQ(problem.status, status) << shown;
        EXPECT_EQ(problem.code, shown);
    }
}

TEST(Problems, TellNothingOfWhatIsNotFoundOrBroken) {
    auto const foreign = to_problem(Error{Errc::not_found, "it belongs to bob", "read_only"});
    auto const absent = to_problem(Error{Errc::not_found, "no such row", {}});
    EXPECT_EQ(foreign.detail, absent.detail);
    EXPECT_EQ(foreign.code, absent.code);
    auto const broken = to_problem(Error{Errc::internal, "SQL logic error near x", {}});
    EXPECT_FALSE(broken.detail.contains("SQL"));
}

TEST(Problems, AreAnsweredAsJsonThatNobodyKeeps) {
    auto const request = test::make_request("GET", "/api/threads", {});
    test::RecordingWriter writer;
    NullLog log;
    Error const error{Errc::rate_limited, "bad \xFF byte", {}};
    ASSERT_TRUE(kaiwa::test::run_task(answer_problem(error, request, writer, log)));

    EXPECT_EQ(writer.head.status, 429u);
    EXPECT_EQ(writer.head.headers.get("Content-Type"), "application/problem+json");
    EXPECT_EQ(writer.head.headers.get("Cache-Control"), "no-store");
    EXPECT_EQ(writer.head.headers.get("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(writer.head.headers.get("Retry-After"), "1");
    auto const body = parse_json(writer.body).value();
    EXPECT_EQ(body.at("type").as_string(), "about:blank");
    EXPECT_EQ(body.at("status").as_int64(), 429);
    EXPECT_EQ(body.at("code").as_string(), "too_many_requests");
    EXPECT_EQ(body.at("request_id").as_string(), "req-1");
}

}  // namespace
}  // namespace kaiwa::api
