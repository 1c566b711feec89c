// How a thread is called before anybody names it.
#include "turns/turn_fixture.hpp"

#include <gtest/gtest.h>

namespace kaiwa::chat {
namespace {

TEST_F(TurnFixture, AThreadOfAFileAloneIsCalledLikeTheFile) {
    FileId const id{make_uuid7(clock, random)};
    FileInfo info{id, "見積書.pdf", "application/pdf", 1};
    ASSERT_TRUE(get_result(store->chats().add_file(hana, std::move(info))));
    auto question = question_of("");
    question.files = {id};
    responder.script = say({"はい"});
    read_from(get(service->ask(hana, thread, std::move(question))).generation, 0);
    wait_until_idle();
    EXPECT_EQ(get(store->chats().thread(hana, thread)).title, "見積書.pdf");
}

}  // namespace
}  // namespace kaiwa::chat
