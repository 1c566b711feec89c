#include "providers/openai/chunk_reader.hpp"

#include <gtest/gtest.h>

#include <tuple>

namespace kaiwa::providers {
namespace {

auto said(Chunk const& chunk) {
    return std::tie(chunk.text, chunk.reasoning, chunk.finish, chunk.refused);
}

/// Reads `chunks` in order; each must say what it says alone.
void expect_each_alone(std::vector<std::string> const& chunks) {
    ChunkReader reader;
    for (auto const& json : chunks) {
        Chunk alone;
        auto const is_json = read_chunk(json, alone);
        ASSERT_EQ(reader.read(json), is_json) << json;
        if (!is_json) continue;
        EXPECT_EQ(said(reader.chunk()), said(alone)) << json;
        EXPECT_EQ(reader.chunk().tools.size(), alone.tools.size()) << json;
        EXPECT_EQ(reader.chunk().usage.has_value(), alone.usage.has_value()) << json;
        EXPECT_EQ(reader.chunk().error, alone.error) << json;
    }
}

std::string with_delta(std::string const& delta) {
    return R"({"id":"c","choices":[{"index":0,"delta":{)" + delta + R"(},"finish_reason":null}]})";
}

TEST(ChunkReader, ReadsChunksOfOneFormAsTheyAre) {
    ChunkReader reader;
    for (auto const* words : {"a", "two words", R"(\"quoted\" \u00e9)", "日本", " "}) {
        ASSERT_TRUE(reader.read(with_delta("\"content\":\"" + std::string(words) + "\"")));
        Chunk alone;
        read_chunk(with_delta("\"content\":\"" + std::string(words) + "\""), alone);
        EXPECT_EQ(reader.chunk().text, alone.text);
    }
    ASSERT_TRUE(reader.read(with_delta(R"("content":"")")));
    EXPECT_EQ(reader.chunk().text, "");
}

/// Which chunks were not read in full: nothing is known of where their words stood.
TEST(ChunkReader, TakesTheFormsThatServersSend) {
    for (auto const* around :
         {R"("content":"W")", R"("role":"assistant","content":"W","refusal":null)",
          R"("content":"W","reasoning_content":null)", R"("content":"W","reasoning_content":"")",
          R"("reasoning_content":"W","content":"")", R"("reasoning":"W","content":null)"}) {
        ChunkReader reader;
        for (auto const* words : {"one", "two", "three"}) {
            auto delta = std::string(around);
            delta.replace(delta.find('W'), 1, words);
            ASSERT_TRUE(reader.read(with_delta(delta)));
            EXPECT_EQ(reader.chunk().text + reader.chunk().reasoning, words);
            EXPECT_EQ(reader.chunk().literal.empty(), words != std::string_view("one")) << delta;
        }
    }
}

TEST(ChunkReader, WordsUnderSeveralNamesAreNotTakenForAForm) {
    expect_each_alone({with_delta(R"("content":"a","content":"b")"),
                       with_delta(R"("content":"a","content":"c")"),
                       with_delta(R"("content":"","content":"c")"),
                       with_delta(R"("content":"","content":"d")"),
                       with_delta(R"("content":"x","content":"d")")});
    expect_each_alone({with_delta(R"("reasoning_content":"a","reasoning":"a")"),
                       with_delta(R"("reasoning_content":"a","reasoning":"b")"),
                       with_delta(R"("reasoning_content":"","reasoning":"c")"),
                       with_delta(R"("reasoning_content":"","reasoning":"d")"),
                       with_delta(R"("reasoning_content":"e","reasoning":"d")")});
    expect_each_alone({with_delta(R"("reasoning":"a","reasoning_content":"")"),
                       with_delta(R"("reasoning":"b","reasoning_content":"")"),
                       with_delta(R"("reasoning":"b","reasoning_content":"c")")});
    expect_each_alone({with_delta(R"("content":"a","refusal":"")"),
                       with_delta(R"("content":"b","refusal":"")"),
                       with_delta(R"("content":"b","refusal":"no")"),
                       with_delta(R"("content":"","refusal":"no")")});
    expect_each_alone({with_delta(R"("content":[{"text":"a"}],"content":"b")"),
                       with_delta(R"("content":[{"text":"a"}],"content":"c")"),
                       with_delta(R"("content":"b","content":[{"text":"a"}])"),
                       with_delta(R"("content":"c","content":[{"text":"a"}])")});
}

TEST(ChunkReader, WhatIsAroundTheWordsCountsEachTime) {
    auto const plain = with_delta(R"("content":"a")");
    auto const usage = plain.substr(0, plain.size() - 1) + R"(,"usage":{"prompt_tokens":1}})";
    auto ended = plain;
    ended.replace(ended.find("null"), 4, R"("stop")");
    auto failed = plain;
    failed.replace(failed.find("\"c\""), 3, R"("c","error":{"message":"m"})");
    expect_each_alone({plain, plain + " ", usage, plain, ended, ended, plain, failed, failed, plain,
                       plain.substr(0, plain.size() - 1), plain + "}", plain,
                       with_delta(R"("content":"a" )"), with_delta(R"("content": "b")"),
                       with_delta(R"("content":"a\)"), with_delta(R"("content":"\q")"),
                       with_delta(R"("content":null)"), with_delta(R"("content":5)"),
                       with_delta(R"("reasoning_content":"r","content":null)"),
                       with_delta(R"("reasoning_content":"s","content":null)"),
                       with_delta(R"("reasoning_content":null,"content":"s")"),
                       with_delta(R"("role":"assistant","content":"b")"), plain, "[", "{}", plain});
}

TEST(ChunkReader, ALongFormIsReadInFull) {
    auto const padding = R"("padding":")" + std::string(2'000, 'x') + "\",";
    expect_each_alone({with_delta(padding + R"("content":"a")"), with_delta(R"("content":"b")"),
                       with_delta(padding + R"("content":"c")")});
}

}  // namespace
}  // namespace kaiwa::providers
