// Whatever is accepted as an item is written as JSON that reads as the same item, and every reader
// of rows takes it.
#include "aws/service_client.hpp"
#include "fuzz_input.hpp"
#include "store/dynamodb/generation_row.hpp"
#include "store/dynamodb/tree.hpp"
#include "store/dynamodb/user_row.hpp"

using kaiwa::fuzz::require;
namespace dynamodb = kaiwa::store::dynamodb;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    kaiwa::fuzz::Input const input(data, size);
    auto const value = kaiwa::aws::parse_answer(input.rest());
    if (!value) return 0;
    auto const item = dynamodb::item_from_json(*value);
    if (!item) return 0;
    auto const again = dynamodb::item_from_json(dynamodb::to_json(*item));
    require(again.has_value() && *again == *item);
    static_cast<void>(dynamodb::size_of(*item));

    auto const thread = dynamodb::read_thread(*item);
    auto const generation = dynamodb::read_generation(*item);
    if (generation) static_cast<void>(dynamodb::join_segments(*generation, {*item}));
    static_cast<void>(dynamodb::read_user(*item));
    static_cast<void>(dynamodb::read_element(*item));
    auto row = dynamodb::read_step(*item);
    static_cast<void>(dynamodb::join_text(row, {*item}));
    auto const tree =
        dynamodb::Tree::make(thread.value_or(dynamodb::ThreadRow()), {std::move(row)}, {});
    if (tree.head() != dynamodb::Tree::none) static_cast<void>(tree.message(tree.head()));
    return 0;
}
