// Readers that come while an answer is written, when its log has let go of what was saved.
#include "chat/event_frame.hpp"
#include "turns/turn_fixture.hpp"

#include <gtest/gtest.h>

namespace kaiwa::chat {
namespace {

using namespace std::chrono_literals;

TEST_F(TurnFixture, WhoComesLateMissesNothingOfWhatTheLogLetGoOf) {
    start_service({.flush_after = 20ms, .flush_bytes = 256});
    responder.script = say_slowly(1'500, "ことば");
    auto const ticket = ask("長い話");
    std::vector<std::string> seen(30);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        spawn_on(static_cast<int>(i % 2), follow_all(ticket.generation, i * 7, seen[i]));
        std::this_thread::sleep_for(40ms);
    }
    EXPECT_LT(finished_tasks, seen.size()) << "the answer was over before everybody came";
    run_loops_until([&] { return finished_tasks == seen.size(); });
    wait_until_idle();
    auto const whole = read_from(ticket.generation, 0);
    ASSERT_EQ(split_frames(whole).size(), 1'503u);
    for (std::size_t i = 0; i < seen.size(); ++i)
        EXPECT_EQ(seen[i], frames_after(whole, i * 7)) << i;
}

}  // namespace
}  // namespace kaiwa::chat
