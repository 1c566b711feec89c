// The same messages come out of any bytes, however they are cut, and go back to the same bytes.
#include "aws/event_stream.hpp"
#include "fuzz_input.hpp"

#include <string>
#include <vector>

namespace {

using kaiwa::aws::EventMessage;
using kaiwa::aws::EventStreamDecoder;

struct Outcome {
    std::vector<EventMessage> messages;
    bool failed = false;
    bool operator==(Outcome const&) const = default;
};

void feed(EventStreamDecoder& decoder, std::string_view bytes, Outcome& outcome) {
    decoder.feed(bytes);
    while (!outcome.failed) {
        auto message = decoder.next();
        outcome.failed = !message;
        if (!message || !*message) return;
        outcome.messages.push_back(std::move(**message));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    kaiwa::fuzz::Input input(data, size);
    auto const seed = input.below(65536);
    auto const body = input.rest();
    auto const cut = body.empty() ? 0 : seed % body.size();

    EventStreamDecoder whole(4096);
    Outcome expected;
    feed(whole, body, expected);
    std::string again;
    for (auto const& message : expected.messages) again += encode_event_message(message);
    kaiwa::fuzz::require(body.starts_with(again));

    EventStreamDecoder halves(4096);
    Outcome twice;
    feed(halves, body.substr(0, cut), twice);
    feed(halves, body.substr(cut), twice);
    kaiwa::fuzz::require(twice == expected);
    return 0;
}
