#include "tests/conformance/harness.hpp"

namespace kaiwa::conformance {

/// What another person gets for somebody's object is what everybody gets for one that never was.
TEST_P(ChatStoreTest, AnotherPersonsObjectsLookLikeAbsentOnes) {
    auto const thread = make_thread(ann, "secret");
    auto const ticket = ask(ann, thread, "question");
    answer(ticket, "answer");
    chat::FileInfo const file{make_id<FileId>(), "a.png", "image/png", 3};
    ASSERT_TRUE(run(store().add_file(ann, file)));

    auto const expect_same = [&](auto call, std::string_view what) {
        auto const foreign =
            run(call(thread, ticket.message, ticket.reply, ticket.generation, file.id));
        auto const absent =
            run(call(make_id<ThreadId>(), make_id<MessageId>(), make_id<MessageId>(),
                     make_id<GenerationId>(), make_id<FileId>()));
        ASSERT_FALSE(foreign) << what;
        ASSERT_FALSE(absent) << what;
        EXPECT_EQ(foreign.error().code, Errc::not_found) << what;
        EXPECT_EQ(foreign.error().code, absent.error().code) << what;
        EXPECT_EQ(foreign.error().message, absent.error().message) << what;
        EXPECT_EQ(foreign.error().reason, absent.error().reason) << what;
    };
    using T = ThreadId;
    using M = MessageId;
    using G = GenerationId;
    using F = FileId;
    expect_same([&](T t, M, M, G, F) { return store().thread(bob, t); }, "thread");
    expect_same([&](T t, M, M, G, F) { return store().update_thread(bob, t, {}); }, "update");
    expect_same([&](T t, M, M, G, F) { return store().delete_thread(bob, t); }, "delete");
    expect_same([&](T t, M, M, G, F) { return store().restore_thread(bob, t); }, "restore");
    expect_same([&](T t, M, M, G, F) { return store().messages(bob, t, {}); }, "messages");
    expect_same([&](T t, M m, M, G, F) { return store().message(bob, t, m); }, "message");
    expect_same([&](T t, M m, M, G, F) { return store().select_branch(bob, t, m); }, "select");
    expect_same([&](T t, M, M, G, F) { return store().begin_turn(bob, t, make_turn("x")); },
                "begin_turn");
    expect_same(
        [&](T t, M, M r, G, F) {
            return store().begin_reply(
                bob, t, {r, make_id<MessageId>(), make_id<GenerationId>(), "m", {}, "d"});
        },
        "begin_reply");
    expect_same([&](T, M, M, G g, F) { return store().generation(bob, g); }, "generation");
    expect_same([&](T, M, M, G g, F) { return store().read_log(bob, g, 0); }, "read_log");
    expect_same([&](T, M, M, G g, F) { return store().request_stop(bob, g); }, "stop");
    expect_same([&](T, M, M, G g, F) { return store().interrupt_expired(bob, g); }, "interrupt");
    expect_same([&](T t, M, M r, G, F) { return store().put_feedback(bob, t, r, {}); }, "feedback");
    expect_same([&](T t, M, M r, G, F) { return store().remove_feedback(bob, t, r); }, "feedback-");
    expect_same([&](T, M, M, G, F f) { return store().file(bob, f); }, "file");

    EXPECT_EQ(run(store().create_thread(bob, {thread, "mine now", {}})).error().code,
              Errc::not_found);
    EXPECT_EQ(run(store().thread(ann, thread))->title, "secret");
    EXPECT_EQ(branch(ann, thread).size(), 2u);
}

TEST_P(ChatStoreTest, AMessageIsFoundOnlyInItsOwnThread) {
    auto const one = make_thread(ann);
    auto const two = make_thread(ann);
    auto const ticket = ask(ann, one, "question");
    EXPECT_EQ(run(store().message(ann, two, ticket.message)).error().code, Errc::not_found);
    chat::MessageQuery query{.from = ticket.message, .limit = 5, .before = {}};
    EXPECT_EQ(run(store().messages(ann, two, query)).error().code, Errc::not_found);
    auto turn = make_turn("x");
    turn.parent = {chat::TurnParent::Kind::message, ticket.reply};
    EXPECT_EQ(run(store().begin_turn(ann, two, turn)).error().code, Errc::not_found);
    chat::ThreadPatch patch;
    patch.head = ticket.reply;
    EXPECT_EQ(run(store().update_thread(ann, two, patch)).error().code, Errc::not_found);
}

TEST_P(ChatStoreTest, FeedbackIsKeptReplacedAndTakenBack) {
    auto const thread = make_thread(ann);
    auto const ticket = ask(ann, thread, "question");
    answer(ticket, "answer");
    using Value = chat::Feedback::Value;
    ASSERT_TRUE(run(store().put_feedback(ann, thread, ticket.reply, {Value::up, "良い"})));
    ASSERT_TRUE(run(store().put_feedback(ann, thread, ticket.reply, {Value::down, ""})));
    auto message = branch(ann, thread).at(1);
    ASSERT_TRUE(message.feedback);
    EXPECT_EQ(message.feedback->value, Value::down);
    EXPECT_EQ(message.feedback->comment, "");
    ASSERT_TRUE(run(store().remove_feedback(ann, thread, ticket.reply)));
    ASSERT_TRUE(run(store().remove_feedback(ann, thread, ticket.reply)));
    EXPECT_FALSE(branch(ann, thread).at(1).feedback);
}

TEST_P(ChatStoreTest, FilesAreAttachedInOrderAndOnlyByTheirOwner) {
    auto const thread = make_thread(ann);
    chat::FileInfo const one{make_id<FileId>(), "一.png", "image/png", 3};
    chat::FileInfo const two{make_id<FileId>(), "二.pdf", "application/pdf", 5'000'000'000};
    chat::FileInfo const foreign{make_id<FileId>(), "x", "image/png", 3};
    ASSERT_TRUE(run(store().add_file(ann, one)));
    ASSERT_TRUE(run(store().add_file(ann, two)));
    ASSERT_TRUE(run(store().add_file(bob, foreign)));

    auto turn = make_turn("look");
    turn.files = {two.id, foreign.id};
    EXPECT_EQ(run(store().begin_turn(ann, thread, turn)).error().code, Errc::not_found);
    turn.files = {two.id, one.id};
    ASSERT_TRUE(run(store().begin_turn(ann, thread, turn)));
    auto const files = branch(ann, thread).at(0).files;
    ASSERT_EQ(files.size(), 2u);
    EXPECT_EQ(files[0].id, two.id);
    EXPECT_EQ(files[0].name, "二.pdf");
    EXPECT_EQ(files[0].size, 5'000'000'000u);
    EXPECT_EQ(files[1].id, one.id);

    EXPECT_TRUE(run(store().file(ann, one.id)));
    EXPECT_EQ(run(store().file(bob, one.id)).error().code, Errc::not_found);
    ASSERT_TRUE(run(store().delete_thread(ann, thread)));
    EXPECT_EQ(run(store().file(ann, one.id)).error().code, Errc::not_found);
    ASSERT_TRUE(run(store().restore_thread(ann, thread)));
    EXPECT_TRUE(run(store().file(ann, one.id)));
}

}  // namespace kaiwa::conformance
