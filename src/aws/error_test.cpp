#include "aws/error.hpp"

#include <gtest/gtest.h>

namespace kaiwa::aws {
namespace {

class KeepingLog final : public Log {
public:
    void write(LogLevel, std::string_view event,
               std::initializer_list<LogField> fields) noexcept override {
        text += event;
        for (auto const& field : fields)
            if (auto const* value = std::get_if<std::string>(&field.value)) text += " " + *value;
    }
    std::string text;
};

Failure refusal(unsigned status, std::string code) {
    Failure failure;
    failure.status = status;
    failure.code = std::move(code);
    failure.message = "User: arn:aws:sts::123456789012:assumed-role/r is not authorized";
    return failure;
}

TEST(AwsOutage, IsNeverTheFaultOfWhoeverAsked) {
    NullLog log;
    Failure no_credentials;
    no_credentials.kind = Failure::Kind::credentials;
    for (auto const& failure :
         {no_credentials, refusal(400, "AccessDeniedException"), refusal(403, ""),
          refusal(400, "ExpiredTokenException"), refusal(401, ""),
          refusal(400, "ValidationException"), refusal(400, "ThrottlingException"),
          refusal(409, "OperationAborted"), refusal(500, "InternalServerError")}) {
        EXPECT_EQ(to_outage(failure, "DynamoDB", log).code, Errc::unavailable) << failure.code;
    }
    Failure late;
    late.kind = Failure::Kind::timed_out;
    EXPECT_EQ(to_outage(late, "DynamoDB", log).code, Errc::timed_out);
    EXPECT_EQ(to_outage(refusal(404, "NoSuchKey"), "S3", log).code, Errc::not_found);
    EXPECT_EQ(to_outage(refusal(413, ""), "S3", log).code, Errc::too_large);
}

TEST(AwsOutage, TellsAwssWordsToTheLogAlone) {
    KeepingLog log;
    auto failure = refusal(400, "AccessDeniedException");
    failure.request_id = "R1";
    auto const error = to_outage(failure, "DynamoDB", log);
    EXPECT_EQ(error.message, "DynamoDB cannot be used now; the server's log says why");
    EXPECT_TRUE(log.text.starts_with("aws_call_failed DynamoDB")) << log.text;
    EXPECT_TRUE(log.text.contains("arn:aws:sts::123456789012:assumed-role/r")) << log.text;
    EXPECT_TRUE(log.text.ends_with(" is not authorized R1")) << "a field of its own: " << log.text;
}

}  // namespace
}  // namespace kaiwa::aws
