#include "tests/conformance/harness.hpp"

#include <set>

namespace kaiwa::conformance {

using chat::ThreadQuery;

TEST_P(ChatStoreTest, CreatingTheSameThreadAgainReturnsWhatExists) {
    auto const id = make_id<ThreadId>();
    chat::NewThread wanted{id, "first", {}};
    wanted.settings.model = "local/a";
    wanted.settings.parameters.temperature = 0.5;
    wanted.settings.parameters.max_tokens = 7;
    wanted.settings.system_prompt = "短く";
    auto const made = run(store().create_thread(ann, wanted));
    ASSERT_TRUE(made);
    EXPECT_EQ(made->title, "first");
    EXPECT_EQ(made->settings, wanted.settings);
    EXPECT_EQ(made->created_at, harness->clock.now());
    EXPECT_FALSE(made->head);
    EXPECT_FALSE(made->running);

    auto const again = run(store().create_thread(ann, {id, "second", {}}));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->title, "first");
    EXPECT_EQ(again->settings, wanted.settings);
}

TEST_P(ChatStoreTest, ListsThreadsNewestFirstPageByPageWithoutGapsOrRepeats) {
    std::vector<ThreadId> made;
    for (int i = 0; i < 25; ++i) {
        if (i % 3 == 0) harness->clock.advance(std::chrono::seconds(1));  // some have equal times
        made.push_back(make_thread(ann, "t"));
    }
    make_thread(bob, "another's");

    std::vector<ThreadId> seen;
    std::vector<Timestamp> times;
    ThreadQuery query{.archived = false, .limit = 4, .after = {}};
    for (int pages = 0; pages < 20; ++pages) {
        auto const page = run(store().threads(ann, query));
        ASSERT_TRUE(page) << page.error().message;
        for (auto const& thread : page->items) {
            seen.push_back(thread.id);
            times.push_back(thread.updated_at);
        }
        if (!page->next) break;
        EXPECT_EQ(page->items.size(), 4u);
        query.after = *page->next;
    }
    EXPECT_EQ(seen.size(), made.size());
    EXPECT_EQ(std::set(seen.begin(), seen.end()), std::set(made.begin(), made.end()));
    EXPECT_TRUE(std::ranges::is_sorted(times, std::greater()));
}

TEST_P(ChatStoreTest, AChangeMovesNoThreadAndArchivedOnesHaveTheirOwnList) {
    auto const first = make_thread(ann, "first");
    harness->clock.advance(std::chrono::seconds(1));
    auto const second = make_thread(ann, "second");
    harness->clock.advance(std::chrono::seconds(1));
    chat::ThreadPatch rename;
    rename.title = "renamed";
    auto const renamed = run(store().update_thread(ann, first, rename));
    ASSERT_TRUE(renamed);
    EXPECT_EQ(renamed->title, "renamed");
    EXPECT_LT(renamed->updated_at, harness->clock.now());
    EXPECT_EQ(run(store().threads(ann, {}))->items.front().id, second);

    chat::ThreadPatch archive;
    archive.archived = true;
    EXPECT_TRUE(run(store().update_thread(ann, first, archive))->archived);
    auto const shown = run(store().threads(ann, {}));
    ASSERT_EQ(shown->items.size(), 1u);
    EXPECT_EQ(shown->items[0].id, second);
    auto const archived = run(store().threads(ann, {.archived = true, .limit = 50, .after = {}}));
    ASSERT_EQ(archived->items.size(), 1u);
    EXPECT_EQ(archived->items[0].id, first);
    EXPECT_EQ(archived->items[0].title, "renamed");
}

TEST_P(ChatStoreTest, ChangesOneFieldWithoutTouchingTheOthers) {
    chat::NewThread wanted{make_id<ThreadId>(), "title", {}};
    wanted.settings.model = "local/a";
    ASSERT_TRUE(run(store().create_thread(ann, wanted)));
    chat::ThreadPatch settings;
    settings.settings.emplace().set.top_p = 0.25;
    auto const changed = run(store().update_thread(ann, wanted.id, settings));
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->title, "title");
    EXPECT_EQ(changed->settings.model, "local/a") << "somebody else may just have changed it";
    EXPECT_EQ(changed->settings.parameters.top_p, 0.25);

    auto& other = settings.settings.emplace();
    other.clears_model = true;
    other.set.max_tokens = 9;
    auto const cleared = run(store().update_thread(ann, wanted.id, settings));
    ASSERT_TRUE(cleared);
    EXPECT_FALSE(cleared->settings.model);
    EXPECT_EQ(cleared->settings.parameters.top_p, 0.25);
    EXPECT_EQ(cleared->settings.parameters.max_tokens, 9);
}

TEST_P(ChatStoreTest, DeletingHidesAThreadAtOnceAndRestoringBringsItBackFor30Days) {
    auto const thread = make_thread(ann, "gone");
    auto const ticket = ask(ann, thread, "hello");
    ASSERT_TRUE(run(store().delete_thread(ann, thread)));

    EXPECT_EQ(run(store().thread(ann, thread)).error().code, Errc::not_found);
    EXPECT_EQ(run(store().messages(ann, thread, {})).error().code, Errc::not_found);
    EXPECT_EQ(run(store().generation(ann, ticket.generation)).error().code, Errc::not_found);
    EXPECT_EQ(run(store().read_log(ann, ticket.generation, 0)).error().code, Errc::not_found);
    EXPECT_EQ(run(store().begin_turn(ann, thread, make_turn("more"))).error().code,
              Errc::not_found);
    EXPECT_EQ(run(store().delete_thread(ann, thread)).error().code, Errc::not_found);
    EXPECT_TRUE(run(store().threads(ann, {}))->items.empty());

    EXPECT_EQ(run(store().restore_thread(bob, thread)).error().code, Errc::not_found);
    harness->clock.advance(std::chrono::hours(24 * 29));
    auto const restored = run(store().restore_thread(ann, thread));
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_EQ(restored->title, "gone");
    EXPECT_EQ(branch(ann, thread).size(), 2u);

    ASSERT_TRUE(run(store().delete_thread(ann, thread)));
    harness->clock.advance(std::chrono::hours(24 * 31));
    EXPECT_EQ(run(store().restore_thread(ann, thread)).error().code, Errc::not_found);
}

TEST_P(ChatStoreTest, ADeletedThreadsRunnerIsAskedToStop) {
    auto const thread = make_thread(ann);
    auto const ticket = ask(ann, thread, "hello");
    ASSERT_TRUE(run(store().delete_thread(ann, thread)));
    auto const ack = run(store().renew_lease({ticket.generation, ticket.epoch}));
    ASSERT_TRUE(ack);
    EXPECT_TRUE(ack->stop_requested);
}

TEST_P(ChatStoreTest, RefusesABrokenCursorAndOneOfAnotherListOrPerson) {
    for (int i = 0; i < 3; ++i) {
        make_thread(ann);
        make_thread(bob);
    }
    auto const thread = make_thread(ann);
    auto const page = run(store().threads(ann, {.archived = false, .limit = 1, .after = {}}));
    ASSERT_TRUE(page && page->next);
    auto const good = *page->next;
    auto flipped = good;
    flipped[good.size() / 2] = flipped[good.size() / 2] == 'A' ? 'B' : 'A';

    std::vector<std::string> const bad = {"x",
                                          "!!!!",
                                          good.substr(0, good.size() - 4),
                                          good + good,
                                          flipped,
                                          std::string(100'000, 'A'),
                                          std::string("\0\0", 2),
                                          "' OR 1=1 --"};
    for (auto const& cursor : bad) {
        auto const refused =
            run(store().threads(ann, {.archived = false, .limit = 1, .after = cursor}));
        EXPECT_EQ(refused.error().code, Errc::invalid_argument) << cursor.substr(0, 80);
        auto const also =
            run(store().messages(ann, thread, {.from = {}, .limit = 1, .before = cursor}));
        EXPECT_EQ(also.error().code, Errc::invalid_argument) << cursor.substr(0, 80);
    }
    EXPECT_EQ(
        run(store().threads(bob, {.archived = false, .limit = 1, .after = good})).error().code,
        Errc::invalid_argument);
    EXPECT_EQ(run(store().threads(ann, {.archived = true, .limit = 1, .after = good})).error().code,
              Errc::invalid_argument);
    EXPECT_TRUE(run(store().threads(ann, {.archived = false, .limit = 1, .after = good})));
}

}  // namespace kaiwa::conformance
