// The same events come out of any body, however it is cut.
#include "fuzz_input.hpp"
#include "http/sse_decoder.hpp"

namespace {

using kaiwa::http::SseDecoder;
using kaiwa::http::SseEvent;

constexpr std::size_t max_event_bytes = 256;

struct Outcome {
    std::vector<SseEvent> events;
    bool failed = false;
    bool operator==(Outcome const&) const = default;
};

void feed(SseDecoder& decoder, std::string_view bytes, Outcome& outcome) {
    if (!outcome.failed) outcome.failed = !decoder.feed(bytes, outcome.events).has_value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    kaiwa::fuzz::Input input(data, size);
    auto const seed = input.below(65536);
    auto const body = input.rest();
    auto const cut = body.empty() ? 0 : seed % body.size();

    SseDecoder whole{max_event_bytes};
    Outcome expected;
    feed(whole, body, expected);

    SseDecoder halves{max_event_bytes};
    Outcome cut_once;
    feed(halves, body.substr(0, cut), cut_once);
    feed(halves, body.substr(cut), cut_once);
    kaiwa::fuzz::require(cut_once == expected);

    SseDecoder bytewise{max_event_bytes};
    Outcome each;
    for (char const c : body) feed(bytewise, {&c, 1}, each);
    kaiwa::fuzz::require(each == expected);
    return 0;
}
