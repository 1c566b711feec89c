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

}  // namespace
}  // namespace kaiwa::store::dynamodb
