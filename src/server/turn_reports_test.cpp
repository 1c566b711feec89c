#include "server/turn_reports.hpp"

#include "base/json.hpp"

#include <gtest/gtest.h>

namespace kaiwa::server {
namespace {

chat::TurnReport example() {
    chat::TurnReport report;
    report.model = "local/anything that somebody asked for";
    report.first_token = std::chrono::milliseconds(12);
    report.total = std::chrono::milliseconds(340);
    report.usage = llm::Usage{7, 9, std::nullopt, std::nullopt};
    return report;
}

TEST(EmbeddedMetrics, HaveTheShapeThatCloudWatchReads) {
    Timestamp const now(std::chrono::milliseconds(1'700'000'000'123));
    auto const line = parse_json(embedded_metrics(example(), "local", now));
    ASSERT_TRUE(line);
    auto const& aws = line->at("_aws").as_object();
    EXPECT_EQ(aws.at("Timestamp").to_number<std::int64_t>(), 1'700'000'000'123);
    auto const& directive = aws.at("CloudWatchMetrics").as_array().at(0).as_object();
    EXPECT_EQ(directive.at("Namespace").as_string(), "Kaiwa");
    for (auto const& set : directive.at("Dimensions").as_array())
        for (auto const& name : set.as_array())
            EXPECT_TRUE(line->at(name.as_string()).is_string()) << name.as_string();
    for (auto const& metric : directive.at("Metrics").as_array())
        EXPECT_TRUE(line->at(metric.at("Name").as_string()).is_int64());
    EXPECT_EQ(line->at("FirstTokenTime").to_number<int>(), 12);
    EXPECT_EQ(line->at("OutputTokens").to_number<int>(), 9);
    EXPECT_EQ(line->at("FailedTurns").to_number<int>(), 0);
}

TEST(EmbeddedMetrics, LeaveOutWhatIsNotKnownAndNeverNameTheModel) {
    auto report = example();
    report.state = chat::GenerationState::failed;
    report.first_token.reset();
    report.usage.reset();
    auto const text = embedded_metrics(report, "unknown", Timestamp{});
    EXPECT_EQ(text.find("FirstTokenTime"), std::string::npos);
    EXPECT_EQ(text.find("InputTokens"), std::string::npos);
    EXPECT_EQ(text.find("anything"), std::string::npos);
    EXPECT_EQ(parse_json(text)->at("FailedTurns").to_number<int>(), 1);
}

}  // namespace
}  // namespace kaiwa::server
