#include "store/dynamodb/tree.hpp"

#include <gtest/gtest.h>

namespace kaiwa::store::dynamodb {
namespace {

constexpr char const* thread_id = "00000000-0000-7000-8000-00000000000f";

MessageId message_id(int number) {
    return *MessageId::parse(fmt::format("00000000-0000-4000-8000-{:012}", number));
}

/// A step as Chainlit writes one.
Item plain(int number, std::string_view type, std::string_view text, std::string_view time) {
    return {{"PK", std::string("THREAD#") + thread_id},
            {"SK", "STEP#" + message_id(number).text()},
            {"id", message_id(number).text()},
            {"type", type},
            {"name", "n"},
            {"output", text},
            {"parentId", Value()},
            {"metadata", Item{}},
            {"createdAt", time}};
}

Item ours(int number, int parent, std::string_view type, std::uint64_t place,
          std::string_view time) {
    auto item = plain(number, type, "ours", time);
    item["metadata"] =
        Item{{"kaiwa",
              Item{{"parent", parent == 0 ? Value() : Value(message_id(parent).text())},
                   {"number", Value::Number{fmt::format("{}.0", place)}},
                   {"state", "complete"}}}};
    return item;
}

ThreadRow thread_row() {
    return *read_thread({{"id", thread_id}, {"name", "t"}, {"userId", "hana"}});
}

Tree make(ThreadRow const& thread, std::vector<Item> items) {
    std::vector<StepRow> steps;
    for (auto& item : items) steps.push_back(read_step(std::move(item)));
    return Tree::make(thread, std::move(steps), {});
}

}  // namespace

TEST(DynamoThread, SaysWhatOfOursIsNoNumber) {
    auto const misfit = [](Value ours) {
        return read_thread({{"id", thread_id}, {"kaiwa", std::move(ours)}})->misfit;
    };
    EXPECT_EQ(misfit(Item{{"revision", 3}, {"next", Value::Number{"2.0"}}}), "");
    EXPECT_EQ(misfit(Value()), "kaiwa");
    EXPECT_EQ(misfit(Item{}), "kaiwa.revision");
    EXPECT_EQ(misfit(Item{{"revision", "3"}}), "kaiwa.revision");
    EXPECT_EQ(misfit(Item{{"revision", 3}, {"next", true}}), "kaiwa.next");
    EXPECT_EQ(misfit(Item{{"revision", -1}}), "kaiwa.revision");
    EXPECT_EQ(misfit("text"), "kaiwa");
    EXPECT_TRUE(check_changeable(thread_row()));
}

TEST(DynamoTree, ChainlitsStepsFormALineByTime) {
    auto const tree = make(thread_row(),
                           {plain(2, "assistant_message", "two", "2026-01-02T03:04:06.000000Z"),
                            plain(3, "user_message", "three", "2026-01-02T03:04:07Z"),
                            plain(1, "user_message", "one", "2026-01-02T03:04:05.000001Z")});
    auto const branch = tree.branch(tree.head());
    ASSERT_EQ(branch.size(), 3u);
    EXPECT_EQ(tree.message(branch[0]).text, "one");
    EXPECT_EQ(tree.message(branch[1]).parent, message_id(1));
    EXPECT_EQ(tree.message(branch[2]).text, "three");
    EXPECT_EQ(tree.message(branch[2]).depth, 2);
}

TEST(DynamoTree, ChainlitsToolsAndFeedbackBelongToTheAnswerAfterThem) {
    auto run = plain(7, "run", "", "2026-01-02T03:04:05.1Z");
    run["feedback"] = Item{{"value", 1}, {"comment", "良い"}};
    auto const tree = make(thread_row(),
                           {plain(1, "user_message", "q", "2026-01-02T03:04:05Z"), run,
                            plain(8, "tool", "found", "2026-01-02T03:04:05.2Z"),
                            plain(2, "assistant_message", "a", "2026-01-02T03:04:06Z")});
    ASSERT_EQ(tree.size(), 2u);
    auto const answer = tree.message(1);
    ASSERT_TRUE(answer.feedback);
    EXPECT_EQ(answer.feedback->value, chat::Feedback::Value::up);
    EXPECT_EQ(answer.feedback->comment, "良い");
    EXPECT_NE(answer.steps_json.find(R"("kind":"tool")"), std::string::npos);
}

TEST(DynamoTree, WhatChainlitAddsGoesOnFromOurHead) {
    auto thread = thread_row();
    thread.has_ours = true;
    thread.head = message_id(2);
    auto const tree = make(thread, {ours(1, 0, "user_message", 0, "2026-01-02T03:04:05.000Z"),
                                    ours(2, 1, "assistant_message", 1, "2026-01-02T03:04:05.001Z"),
                                    plain(3, "user_message", "more", "2026-01-02T03:05:00Z")});
    EXPECT_EQ(tree.message(tree.head()).text, "more");
    EXPECT_EQ(tree.message(tree.head()).parent, message_id(2));
    EXPECT_EQ(tree.next(), 2u);
}

TEST(DynamoTree, AMessageComesAfterItsParentWhateverTheClocksSay) {
    auto thread = thread_row();
    thread.has_ours = true;
    thread.head = message_id(2);
    auto const tree = make(thread, {plain(1, "user_message", "q", "2026-01-02T03:04:09Z"),
                                    ours(2, 1, "assistant_message", 0, "2026-01-02T03:04:05Z")});
    EXPECT_FALSE(tree.has_gaps());
    EXPECT_EQ(tree.branch(tree.head()).size(), 2u);
}

TEST(DynamoTree, AMissingParentOrACircleIsAGapAndNoEndlessWalk) {
    auto thread = thread_row();
    auto const lost = make(thread, {ours(2, 1, "assistant_message", 1, "2026-01-02T03:04:05Z")});
    EXPECT_TRUE(lost.has_gaps());
    auto const circle = make(thread, {ours(1, 2, "user_message", 0, "2026-01-02T03:04:05Z"),
                                      ours(2, 1, "assistant_message", 1, "2026-01-02T03:04:05Z")});
    EXPECT_TRUE(circle.has_gaps());
    EXPECT_EQ(circle.branch(circle.find(message_id(2))).size(), 2u);
}

TEST(DynamoTree, ATextIsCutBetweenCharactersAndJoinedAgain) {
    std::string text;
    while (text.size() < 700'000) text += "会話🙂";
    auto const split = split_text(text, "why", "[1]", "[2]", "tag");
    ASSERT_TRUE(split.overflow);
    EXPECT_GT(split.parts.size(), 2u);
    for (auto const& part : split.parts) EXPECT_LT(size_of(part), max_item_bytes);
    chat::Message message;
    message.id = message_id(1);
    auto row = read_step(step_item({*ThreadId::parse(thread_id), message, 0, "n", {}, split}));
    EXPECT_LT(row.message.text.size(), text.size());
    ASSERT_TRUE(join_text(row, split.parts));
    EXPECT_EQ(row.message.text, text);
    EXPECT_EQ(row.message.reasoning, "why");
    EXPECT_EQ(row.message.steps_json, "[1]");
    EXPECT_EQ(row.message.citations_json, "[2]");
    auto broken = split.parts;
    broken.pop_back();
    auto again = read_step(step_item({*ThreadId::parse(thread_id), message, 0, "n", {}, split}));
    EXPECT_FALSE(join_text(again, broken));
}

TEST(DynamoTree, FilesOfStepsBelongToTheAnswerAfterThem) {
    std::vector<StepRow> steps;
    for (auto& item : {plain(1, "user_message", "draw", "2026-01-02T03:04:05Z"),
                       plain(2, "tool", "drawing", "2026-01-02T03:04:06Z"),
                       plain(3, "assistant_message", "here", "2026-01-02T03:04:07Z")})
        steps.push_back(read_step(item));
    std::vector<ElementRow> elements(3);
    elements[0].message = message_id(1).text();
    elements[1].message = message_id(2).text();
    elements[2].message = "no step";
    for (auto& element : elements) element.file.name = element.message;
    auto const tree = Tree::make(thread_row(), std::move(steps), std::move(elements));
    auto const branch = tree.branch(tree.head());
    ASSERT_EQ(branch.size(), 2u);
    ASSERT_EQ(tree.message(branch[0]).files.size(), 1u);
    EXPECT_EQ(tree.message(branch[0]).files[0].name, message_id(1).text());
    ASSERT_EQ(tree.message(branch[1]).files.size(), 1u);
    EXPECT_EQ(tree.message(branch[1]).files[0].name, message_id(2).text());
}

}  // namespace kaiwa::store::dynamodb
