// The head and the body of another server's answer are read the same however they arrive.
#include "fuzz_input.hpp"
#include "http/framing.hpp"

using namespace kaiwa::http;
using kaiwa::fuzz::require;

namespace {

struct Outcome {
    bool broken = false;
    bool done = false;
    std::string body;
    std::size_t left = 0;
    bool operator==(Outcome const&) const = default;
};

Outcome read(std::string_view bytes, std::size_t step) {
    Outcome outcome;
    std::string buffer;
    std::size_t searched = 0;
    std::optional<BodyFraming> framing;
    for (std::size_t at = 0; at < bytes.size() && !outcome.broken; at += step) {
        buffer += bytes.substr(at, step);
        if (!framing) {
            auto const end = find_head_end(buffer, searched);
            if (end && *end == 0) continue;
            auto const head = end ? parse_answer_head(std::string_view(buffer).substr(0, *end))
                                  : kaiwa::Result<AnswerHead>(std::unexpected(end.error()));
            auto const made = head ? answer_framing(*head, "GET")
                                   : kaiwa::Result<BodyFraming>(std::unexpected(head.error()));
            outcome.broken = !made;
            if (outcome.broken) break;
            framing = *made;
            buffer.erase(0, *end);
        }
        for (bool more = true; more;) {
            auto const part = framing->next(buffer);
            outcome.broken = !part;
            if (!part) break;
            require(part->consumed <= buffer.size());
            outcome.body += part->data;
            more = !part->data.empty();
            buffer.erase(0, part->consumed);
        }
    }
    outcome.done = framing && framing->done();
    outcome.left = outcome.broken ? 0 : buffer.size();
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    kaiwa::fuzz::Input input(data, size);
    auto const step = input.below(64) + 1;
    auto const whole = read(input.rest(), input.rest().size() + 1);
    auto const pieces = read(input.rest(), step);
    require(pieces.broken == whole.broken);
    if (!whole.broken) require(pieces == whole);
    return 0;
}
