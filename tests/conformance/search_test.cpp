#include "tests/conformance/harness.hpp"

namespace kaiwa::conformance {
namespace {

std::u16string utf16(std::string_view text) {
    std::u16string out;
    for (std::size_t i = 0; i < text.size();) {
        auto const lead = static_cast<unsigned char>(text[i]);
        std::size_t const size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        char32_t code = size == 1 ? lead : lead & (0x7Fu >> size);
        for (std::size_t k = 1; k < size; ++k) {
            code = code << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3Fu);
        }
        if (code >= 0x10000) {
            out += static_cast<char16_t>(0xD7C0 + (code >> 10));
            out += static_cast<char16_t>(0xDC00 + (code & 0x3FF));
        } else {
            out += static_cast<char16_t>(code);
        }
        i += size;
    }
    return out;
}

/// What the marks of a hit cover.
std::vector<std::u16string> marked(chat::SearchHit const& hit) {
    auto const text = utf16(hit.snippet);
    std::vector<std::u16string> out;
    for (auto const& [from, to] : hit.marks) out.push_back(text.substr(from, to - from));
    return out;
}

using Marked = std::vector<std::u16string>;

}  // namespace

TEST_P(MessageSearchTest, FindsJapaneseWordsOfTwoAndOfOneCharacter) {
    auto const thread = make_thread(ann);
    auto const ticket = say(ann, thread, "京都の天気を教えて", "東京都庁は新宿にあります");
    auto const hits = find(ann, "天気");
    ASSERT_EQ(hits.size(), 1u);
    EXPECT_EQ(hits[0].thread, thread);
    EXPECT_EQ(hits[0].message, ticket.message);
    EXPECT_EQ(hits[0].snippet, "京都の天気を教えて");
    EXPECT_EQ(marked(hits[0]), Marked{u"天気"});
    EXPECT_EQ(find(ann, "京都").size(), 2u);
    EXPECT_EQ(find(ann, "庁").at(0).message, ticket.reply);
    EXPECT_TRUE(find(ann, "都京").empty());
    EXPECT_TRUE(find(ann, "大阪").empty());
}

TEST_P(MessageSearchTest, WidthCaseAndWaysOfComposingDoNotMatter) {
    auto const thread = make_thread(ann);
    say(ann, thread, "ﾃﾞｰﾀﾍﾞｰｽとＫＡＩＷＡの設定");
    for (std::string const words :
         {"データベース", "ﾃﾞｰﾀ", "テ\xE3\x82\x99ータ", "kaiwa", "KAIWA", "Ｋａｉ"}) {
        EXPECT_EQ(find(ann, words).size(), 1u) << words;
    }
    EXPECT_EQ(marked(find(ann, "データ").at(0)), Marked{u"ﾃﾞｰﾀ"});
    say(ann, thread, "Straße in CAFE\xCC\x81 ㍿");
    EXPECT_EQ(find(ann, "strasse").size(), 1u);
    EXPECT_EQ(find(ann, "caf\xC3\xA9").size(), 1u);
    EXPECT_EQ(marked(find(ann, "株式").at(0)), Marked{u"㍿"});
}

TEST_P(MessageSearchTest, SpacedWordsMatchFromTheirBeginning) {
    auto const thread = make_thread(ann);
    say(ann, thread, "the configuration of PostgreSQL, C++ and AWS構成");
    EXPECT_EQ(find(ann, "config").size(), 1u);
    EXPECT_EQ(find(ann, "p").size(), 1u);
    EXPECT_EQ(find(ann, "c++").size(), 1u);
    EXPECT_EQ(find(ann, "aws構成").size(), 1u);
    EXPECT_TRUE(find(ann, "figuration").empty());
    EXPECT_TRUE(find(ann, "sql").empty());
}

TEST_P(MessageSearchTest, AllWordsMustBeThereAndAllAreMarked) {
    auto const thread = make_thread(ann);
    say(ann, thread, "😀 東京と大阪、東京タワー", "東京だけ");
    auto const hits = find(ann, "大阪 東京");
    ASSERT_EQ(hits.size(), 1u);
    EXPECT_EQ(marked(hits[0]), (Marked{u"東京", u"大阪", u"東京"}));
    EXPECT_EQ(hits[0].marks[0].first, 3u);  // the picture takes two units
    EXPECT_EQ(find(ann, "大阪　東京").size(), 1u);
}

TEST_P(MessageSearchTest, FindsWordsThatLieApartInLongTexts) {
    auto const thread = make_thread(ann);
    std::string filler;
    for (int i = 0; i < 3'000; ++i) filler += "あいうえお" + std::to_string(i);
    say(ann, thread, filler + "目印はここ" + filler);
    auto const hits = find(ann, "目印");
    ASSERT_EQ(hits.size(), 1u);
    EXPECT_EQ(marked(hits[0]), Marked{u"目印"});
    EXPECT_LE(utf16(hits[0].snippet).size(), 160u);
}

TEST_P(MessageSearchTest, FindsTitlesAndOnlyWholeMessagesOfLiveOwnThreads) {
    auto const thread = make_thread(ann, "旅行の計画");
    auto hits = find(ann, "旅行");
    ASSERT_EQ(hits.size(), 1u);
    EXPECT_FALSE(hits[0].message);
    EXPECT_EQ(hits[0].thread_title, "旅行の計画");
    EXPECT_EQ(marked(hits[0]), Marked{u"旅行"});

    auto const pending = ask(ann, thread, "旅行の費用");
    EXPECT_EQ(find(ann, "旅行").size(), 2u);
    answer(pending, "旅行は五万円です");
    EXPECT_EQ(find(ann, "旅行").size(), 3u);
    EXPECT_TRUE(find(bob, "旅行").empty());

    chat::ThreadPatch archive;
    archive.archived = true;
    for (auto const& hit : find(ann, "旅行")) EXPECT_FALSE(hit.archived);
    ASSERT_TRUE(run(store().update_thread(ann, thread, archive)));
    hits = find(ann, "旅行");
    EXPECT_EQ(hits.size(), 3u);
    for (auto const& hit : hits) EXPECT_TRUE(hit.archived);
    ASSERT_TRUE(run(store().delete_thread(ann, thread)));
    EXPECT_TRUE(find(ann, "旅行").empty());
    ASSERT_TRUE(run(store().restore_thread(ann, thread)));
    EXPECT_EQ(find(ann, "旅行").size(), 3u);
}

TEST_P(MessageSearchTest, AnInterruptedAnswerIsFound) {
    auto const thread = make_thread(ann);
    auto const ticket = ask(ann, thread, "question");
    ASSERT_TRUE(run(store().append_log({ticket.generation, ticket.epoch},
                                       text_segment(1, {"途中までの", "回答"}), 9)));
    harness->clock.advance(std::chrono::minutes(1));
    ASSERT_TRUE(run(store().interrupt_expired(ann, ticket.generation)));
    EXPECT_EQ(find(ann, "の回").at(0).message, ticket.reply);
}

TEST_P(MessageSearchTest, GivesHitsNewestFirstPageByPage) {
    std::vector<MessageId> expected;
    for (int t = 0; t < 5; ++t) {
        auto const thread = make_thread(ann, "thread");
        for (int i = 0; i < 7; ++i) {
            expected.insert(expected.begin(), say(ann, thread, "同じ言葉", "別").message);
        }
    }
    for (std::size_t const limit : {1u, 4u, 35u, 50u}) {
        std::vector<MessageId> seen;
        std::string after;
        for (int pages = 0; pages < 100; ++pages) {
            auto const page = run(harness->search().search(ann, "同じ言葉", limit, after));
            ASSERT_TRUE(page) << page.error().message;
            EXPECT_FALSE(page->partial);
            for (auto const& hit : page->items) seen.push_back(*hit.message);
            if (!page->next) break;
            after = *page->next;
        }
        EXPECT_EQ(seen, expected) << limit;
    }
}

TEST_P(MessageSearchTest, GoesOnInAThreadThatIsTalkedInMeanwhile) {
    constexpr std::size_t in_each = 4;
    std::vector<MessageId> expected;
    std::vector<ThreadId> threads;
    auto const talk_in = [&](ThreadId thread) {
        harness->clock.advance(std::chrono::seconds(1));
        return say(ann, thread, "違う", "話");
    };
    for (int t = 0; t < 3; ++t) {
        threads.push_back(make_thread(ann, "thread"));
        for (std::size_t i = 0; i < in_each; ++i)
            expected.insert(expected.begin(), say(ann, threads.back(), "同じ言葉", "別").message);
        talk_in(threads.back());
    }
    for (std::size_t const limit : {1u, 3u, 4u}) {
        std::vector<MessageId> seen;
        std::string after;
        do {
            auto const page = run(harness->search().search(ann, "同じ言葉", limit, after));
            ASSERT_TRUE(page) << page.error().message;
            for (auto const& hit : page->items) seen.push_back(hit.message.value());
            after = page->next.value_or(std::string());
            auto const left = expected.size() - std::min(expected.size(), seen.size());
            if (left > 0) talk_in(threads[(left - 1) / in_each]);
        } while (!after.empty() && seen.size() < 2 * expected.size());
        EXPECT_EQ(seen, expected) << limit;
        for (auto const& thread : threads) talk_in(thread);  // in the order that they had
    }
}

TEST_P(MessageSearchTest, RefusesEmptySearchesAndForeignCursors) {
    auto const thread = make_thread(ann);
    say(ann, thread, "言葉");
    say(ann, thread, "言葉");
    for (std::string const words : {"", " ", "　\n", "\xE2\x80\x8B"}) {
        auto const refused = run(harness->search().search(ann, words, 10, {}));
        EXPECT_EQ(refused.error().code, Errc::invalid_argument);
    }
    auto const page = run(harness->search().search(ann, "言葉", 1, {}));
    ASSERT_TRUE(page && page->next);
    EXPECT_TRUE(run(harness->search().search(ann, "言葉", 1, *page->next)));
    EXPECT_EQ(run(harness->search().search(bob, "言葉", 1, *page->next)).error().code,
              Errc::invalid_argument);
    EXPECT_EQ(run(harness->search().search(ann, "別", 1, *page->next)).error().code,
              Errc::invalid_argument);
}

TEST_P(MessageSearchTest, HostileWordsAreOnlyWords) {
    auto const thread = make_thread(ann);
    say(ann, thread, "plain");
    for (std::string const words :
         {"\"", "' OR 1=1 --", "NEAR(a b)", "*", "%", "_", "\\", "a\"b*", "\xFF\xFE", "("}) {
        auto const page = run(harness->search().search(ann, words, 10, {}));
        ASSERT_TRUE(page) << words;
        EXPECT_TRUE(page->items.empty()) << words;
    }
}

}  // namespace kaiwa::conformance
