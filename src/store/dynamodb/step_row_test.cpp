#include "store/dynamodb/step_row.hpp"

#include <gtest/gtest.h>

namespace kaiwa::store::dynamodb {
namespace {

std::string created(std::uint64_t number, chat::MessageRole role) {
    chat::Message message;
    message.role = role;
    auto const text = split_text("text", {}, "[]", "[]", {});
    return string_or(step_item({ThreadId{}, message, number, "ann", {}, text}), "createdAt");
}

TEST(StepRow, AQuestionSortsBeforeItsAnswerWhateverTheirNumbersAre) {
    for (std::uint64_t const number : {0u, 1u, 998u, 999u, 1'000u, 1'999u})
        EXPECT_LT(created(number, chat::MessageRole::user),
                  created(number + 1, chat::MessageRole::assistant))
            << number;
}

constexpr char const* element_id = "0197a000-0000-4000-8000-000000000001";

/// As Chainlit's data layer writes it.
Item chainlits_element() {
    return {{"PK", "THREAD#t"}, {"SK", std::string("ELEMENT#") + element_id},
            {"id", element_id}, {"type", "image"},
            {"name", "猫.png"}, {"mime", "image/png"},
            {"size", Value()},  {"objectKey", std::string("hana/t/") + element_id},
            {"forId", "step"},  {"url", "https://bucket.s3.amazonaws.com/hana/t"}};
}

TEST(ElementRow, KnowsWhereChainlitStoredAFile) {
    auto const row = read_element(chainlits_element());
    ASSERT_TRUE(row);
    EXPECT_EQ(row->message, "step");
    // sha256("chainlit element|t|" + element_id): whoever has seen it once finds it again.
    EXPECT_EQ(row->file.id.text(), "9d3f6f90-63aa-89a1-9fc3-017bc2895628");
    EXPECT_EQ(row->file.name, "猫.png");
    EXPECT_EQ(row->file.media_type, "image/png");
    EXPECT_EQ(row->file.size, 0u);
    EXPECT_EQ(row->file.foreign_key, std::string("hana/t/") + element_id);

    for (auto const* missing : {"objectKey", "forId", "id"}) {
        auto without = chainlits_element();
        without[missing] = Value();
        EXPECT_FALSE(read_element(std::move(without))) << missing;
    }
    auto nameless = chainlits_element();
    nameless["name"] = "";
    EXPECT_EQ(read_element(std::move(nameless))->file.name, "image");
}

TEST(ElementRow, ChainlitsIdsAreOfOneThreadAndAnyText) {
    auto const id_of = [](char const* partition, char const* element) {
        auto item = chainlits_element();
        item["PK"] = partition;
        item["id"] = element;
        return read_element(std::move(item))->file.id;
    };
    EXPECT_EQ(id_of("THREAD#t", "logo"), id_of("KAIWA#THREAD#t", "logo")) << "off the branch";
    EXPECT_NE(id_of("THREAD#t", "logo"), id_of("THREAD#u", "logo"));
    EXPECT_NE(id_of("THREAD#t", "logo"), id_of("THREAD#t", "logo2"));
}

TEST(ElementRow, LetsNothingHostileIntoHeaders) {
    auto item = chainlits_element();
    item["name"] = "../a\r\nSet-Cookie: x=\"1\"\x01" + std::string(10'000, 'n');
    item["mime"] = "image/png\r\nSet-Cookie: x=1";
    auto const file = read_element(item)->file;
    EXPECT_TRUE(file.name.starts_with("aSet-Cookie: x=\"1\"nnn")) << file.name;
    EXPECT_LE(file.name.size(), 200u);
    EXPECT_EQ(file.media_type, "application/octet-stream");
    item["mime"] = "Text/CSV; charset=utf-8";
    EXPECT_EQ(read_element(item)->file.media_type, "text/csv");
    item["mime"] = std::string(10'000, 'm') + "/x";
    EXPECT_EQ(read_element(item)->file.media_type, "application/octet-stream");
}

TEST(ElementRow, NamesTheObjectThatChainlitWillLookFor) {
    chat::FileInfo file{*FileId::parse(element_id), "f", "text/plain", 3};
    ThreadId const thread;
    MessageId const message;
    auto const in_bucket = element_item(thread, message, 0, file, "kaiwa/");
    EXPECT_EQ(string_or(in_bucket, "objectKey"), std::string("kaiwa/") + element_id);
    EXPECT_TRUE(read_element(in_bucket)->file.foreign_key.empty());
    auto const in_folder = element_item(thread, message, 0, file, {});
    EXPECT_TRUE(find(in_folder, "objectKey")->is_null()) << "no bucket has it";

    file.foreign_key = "hana/t/x";  // attached again
    auto const again = element_item(thread, message, 0, file, "kaiwa/");
    EXPECT_EQ(string_or(again, "objectKey"), "hana/t/x");
    EXPECT_EQ(read_element(again)->file.foreign_key, "hana/t/x");
}

}  // namespace
}  // namespace kaiwa::store::dynamodb
