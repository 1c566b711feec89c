// An answer of Bedrock means the same however its bytes are cut, and is well-formed text that ends
// once. The first byte chooses: frames as they are (recordings are the corpus), a whole answer, or
// payloads of Converse events, one a line, that are put into frames here: damage of frames alone
// would never get past their checksums.
#include "aws/event_stream.hpp"
#include "base/utf8.hpp"
#include "fuzz_input.hpp"
#include "providers/bedrock/completion_request.hpp"
#include "providers/bedrock/converse_decoder.hpp"
#include "providers/bedrock/replay.hpp"
#include "tests/support/answers.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <utility>

namespace {

using namespace kaiwa;
using Form = providers::EventStreamAnswer::Form;

std::string framed(std::string_view lines) {
    constexpr std::array<std::string_view, 6> types = {"contentBlockStart", "contentBlockDelta",
                                                       "messageStop",       "metadata",
                                                       "chunk",             "!throttlingException"};
    std::string body;
    while (!lines.empty()) {
        auto const end = std::min(lines.find('\n'), lines.size());
        auto const line = lines.substr(0, end);
        lines.remove_prefix(std::min(end + 1, lines.size()));
        if (line.empty()) continue;
        auto type = types[static_cast<unsigned char>(line[0]) % types.size()];
        bool const is_exception = type.starts_with('!');
        if (is_exception) type.remove_prefix(1);
        aws::EventMessage message;
        auto const add = [&](std::string name, std::string_view value) {
            aws::EventHeader header;
            header.name = std::move(name);
            header.value = std::string(value);
            message.headers.push_back(std::move(header));
        };
        add(is_exception ? ":exception-type" : ":event-type", type);
        add(":message-type", is_exception ? "exception" : "event");
        message.payload = line.substr(1);
        body += aws::encode_event_message(message);
    }
    return body;
}

void check(test::MakeDecoder const& make, std::string_view body) {
    auto const whole = test::decoded(make, {body});
    fuzz::require(!whole.empty() && test::is_last(whole.back()));
    for (auto const& line : whole) {
        fuzz::require(is_valid_utf8(line));
        if (line.starts_with("replay "))
            fuzz::require(!providers::read_replay(std::string_view(line).substr(7)).empty());
    }
    auto const cut = body.empty() ? 0 : std::hash<std::string_view>{}(body) / 3 % body.size();
    fuzz::require(test::decoded(make, {body.substr(0, cut), body.substr(cut)}) == whole);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    std::string_view const input(reinterpret_cast<char const*>(data), size);
    auto const converse = [](Form form) {
        return [form] { return std::make_unique<providers::ConverseDecoder>(form); };
    };
    auto const completion = [](Form form) {
        return [form] { return std::make_unique<providers::CompletionDecoder>(form); };
    };
    auto const rest = input.substr(1);
    switch (input[0]) {
        case 'E': {
            auto const body = framed(rest);
            check(converse(Form::events), body);
            check(completion(Form::events), body);
            break;
        }
        case 'W':
            check(converse(Form::whole), rest);
            check(completion(Form::whole), rest);
            break;
        default:
            check(converse(Form::events), input);
            check(completion(Form::events), input);
    }
    return 0;
}
