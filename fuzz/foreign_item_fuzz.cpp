// Whatever stands in an export of another system's table, every reader takes it or says why not,
// and what it gives becomes a thread whose messages have their parents before them.
#include "fuzz_input.hpp"
#include "store/foreign/readers.hpp"

#include <array>
#include <optional>
#include <set>
#include <vector>

using kaiwa::fuzz::require;
namespace foreign = kaiwa::store::foreign;

namespace {

void check(foreign::Conversation conversation) {
    auto const given = conversation.messages.size();
    auto const made = foreign::to_thread(std::move(conversation), "fuzz", {}, kaiwa::Timestamp());
    require(made.messages.size() + made.left_out.size() == given);
    std::set<kaiwa::MessageId> seen;
    for (auto const& archived : made.messages) {
        auto const& message = archived.message;
        require(!message.parent || seen.contains(*message.parent));
        require(seen.insert(message.id).second);
    }
    auto const& head = made.thread.thread.head;
    require(head ? seen.contains(*head) : seen.empty());
}

}  // namespace

/// Of a gathered one: every part still gives its messages, and all of them make one line.
void check(foreign::Gathered const& gathered, foreign::Reader const& reader,
           std::vector<foreign::Item> const& kept) {
    auto const thread = foreign::to_thread(gathered, "fuzz", {}, kaiwa::Timestamp()).thread;
    std::optional<kaiwa::MessageId> last;
    auto before = thread.created_at;
    std::size_t number = 0;
    for (auto const place : gathered.parts) {
        for (auto& message : reader.messages_in(kept.at(place))) {
            auto const made =
                foreign::message_in_line(thread.id, number++, std::move(message), before).message;
            require(made.parent == last && made.created_at >= before);
            before = made.created_at;
            last = made.id;
        }
    }
    require(number == gathered.messages() && thread.head == last);
}

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    kaiwa::fuzz::Input const input(data, size);
    std::array const readers{foreign::langchain_reader({}), foreign::bedrock_chat_reader(),
                             foreign::genu_reader(), foreign::private_rag_reader()};
    for (auto const& reader : readers) {
        std::vector<foreign::Item> kept;
        auto lines = input.rest();
        while (!lines.empty()) {
            auto const end = lines.find('\n');
            auto const item = foreign::parse_item_line(lines.substr(0, end));
            lines.remove_prefix(end == lines.npos ? lines.size() : end + 1);
            if (!item) continue;
            auto taken = reader->take(*item, kept.size());
            if (taken.is_part) kept.push_back(*item);
            if (taken.conversation) check(std::move(*taken.conversation));
            static_cast<void>(foreign::read_user_role(*item));
            static_cast<void>(reader->unreadable());
            static_cast<void>(reader->changed());
        }
        for (auto const& gathered : reader->finish()) check(gathered, *reader, kept);
    }
    return 0;
}
