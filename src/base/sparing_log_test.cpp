#include "base/sparing_log.hpp"

#include "tests/support/manual_clock.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <vector>

namespace kaiwa {
namespace {

using std::chrono::seconds;

class KeptLines final : public Log {
public:
    void write(LogLevel, std::string_view event,
               std::initializer_list<LogField> fields) noexcept override {
        lines.emplace_back(event);
        for (auto const& field : fields) {
            std::visit([&](auto const& value) { lines.back() += fmt::format(" {}", value); },
                       field.value);
        }
    }
    std::vector<std::string> lines;
};

class SparingLogTest : public testing::Test {
protected:
    void fail(std::string_view why, std::string_view request = "1") {
        log.warning("failed", {{"why", why}, {"request", request}});
    }

    KeptLines kept;
    test::ManualClock clock;
    SparingLog log{kept, clock};
};

TEST_F(SparingLogTest, SaysTheSameOnceInAWhileAndCountsTheRest) {
    for (int i = 0; i < 100; ++i) fail("away", std::to_string(i));
    fail("busy");
    EXPECT_EQ(kept.lines, (std::vector<std::string>{"failed away 0", "failed busy 1"}));
    kept.lines.clear();
    clock.advance(seconds(10));
    fail("away");
    fail("busy");
    EXPECT_EQ(kept.lines, (std::vector<std::string>{"lines_left_out failed 99", "failed away 1",
                                                    "failed busy 1"}));
    kept.lines.clear();
    clock.advance(seconds(-60));
    fail("away");
    EXPECT_EQ(kept.lines.size(), 1U) << "a clock that was set back silences nobody";
}

TEST_F(SparingLogTest, LeavesOutNothingElse) {
    for (int i = 0; i < 2; ++i) {
        log.info("done", {{"count", 1}});
        log.debug("seen");
        log.warning("failed", {{"count", i}});
        log.error("failed", {{"half", i / 2.0}, {"good", false}});
    }
    EXPECT_EQ(kept.lines.size(), 8U);
}

TEST_F(SparingLogTest, KnowsSoManyLines) {
    for (std::size_t i = 0; i <= SparingLog::max_known; ++i) {
        fail(std::to_string(i));
        clock.advance(std::chrono::milliseconds(1));
    }
    kept.lines.clear();
    fail("1");
    fail(std::to_string(SparingLog::max_known));
    EXPECT_TRUE(kept.lines.empty()) << "only the oldest is forgotten";
    fail("0");
    EXPECT_EQ(kept.lines, std::vector<std::string>{"failed 0 1"});
    kept.lines.clear();
    clock.advance(seconds(10));
    fail(std::to_string(SparingLog::max_known));
    EXPECT_EQ(kept.lines.at(0), "lines_left_out failed 1");
}

}  // namespace
}  // namespace kaiwa
