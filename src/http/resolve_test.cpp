#include "http/resolve.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <deque>
#include <future>
#include <optional>

namespace kaiwa::http {
namespace {

using namespace std::chrono_literals;

asio::awaitable<void> keep(NameLookups& lookups, std::string host, SteadyTime deadline,
                           std::optional<Result<NameLookups::Addresses>>& found) {
    found = co_await lookups.find(std::move(host), deadline);
}

class NameLookupsTest : public testing::Test {
protected:
    void begin(std::string host, std::chrono::milliseconds patience,
               std::optional<Result<NameLookups::Addresses>>& found) {
        auto const deadline = std::chrono::steady_clock::now() + patience;
        // A slot holds one task.
        spawn(io.get_executor(), stops.emplace_back().slot(),
              keep(lookups, std::move(host), deadline, found),
              [](std::exception_ptr error) { EXPECT_FALSE(error); });
    }

    asio::io_context io;
    std::deque<asio::cancellation_signal> stops;
    std::promise<void> revived;
    std::shared_future<void> answers{revived.get_future()};
    std::atomic<int> asked = 0;
    NameLookups lookups{[this](std::string const& host) {
        ++asked;
        if (host == "dead") answers.wait();
        return NameLookups::Addresses{asio::ip::make_address("192.0.2.1")};
    }};
};

TEST_F(NameLookupsTest, ANameWhoseServerIsSilentHoldsUpNobodyElse) {
    std::array<std::optional<Result<NameLookups::Addresses>>, 20> dead;
    std::optional<Result<NameLookups::Addresses>> alive;
    for (auto& one : dead) begin("dead", 50ms, one);
    begin("alive", 20s, alive);
    io.run();
    revived.set_value();
    ASSERT_TRUE(alive && *alive);
    for (auto const& one : dead) {
        ASSERT_TRUE(one);
        EXPECT_EQ(one->error().code, Errc::timed_out);
        EXPECT_EQ(one->error().reason, "connect");
    }
    EXPECT_EQ(asked, 2) << "those who ask for one name share a look-up";
}

TEST_F(NameLookupsTest, AStopEndsTheWait) {
    std::optional<Result<NameLookups::Addresses>> found;
    begin("dead", 1h, found);
    io.poll();
    stops.front().emit(asio::cancellation_type::terminal);
    io.run();
    revived.set_value();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->error().code, Errc::cancelled);
}

}  // namespace
}  // namespace kaiwa::http
