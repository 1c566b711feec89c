#include "plan.hpp"

#include <fmt/format.h>

namespace kaiwa::model_server {

std::vector<BodyPiece> anthropic_stream(Question const& q, Behaviour const& b,
                                        std::vector<std::string> const& tokens) {
    using std::chrono::microseconds;
    auto const gap = b.rate > 0 ? microseconds(static_cast<long>(1e6 / b.rate)) : microseconds(0);
    std::vector<BodyPiece> pieces;
    std::size_t written = 0;
    auto add = [&](std::string const& type, std::string const& rest) {
        BodyPiece piece;
        piece.bytes =
            fmt::format("event: {0}{2}data: {{\"type\":\"{0}\"{1}}}{2}{2}", type, rest, b.eol);
        pieces.push_back(std::move(piece));
    };
    auto add_delta = [&](std::size_t index, std::string const& kind, std::string const& field,
                         std::string const& text) {
        if (b.comments > 0 && written % b.comments == 0) add("ping", "");
        ++written;
        add("content_block_delta", fmt::format(R"(,"index":{},"delta":{{"type":"{}","{}":{}}})",
                                               index, kind, field, quoted(text)));
        pieces.back().gap = gap;
        pieces.back().tokens = 1;
        if (b.stamp) pieces.back().stamp_at = pieces.back().bytes.find(text);
    };

    add("message_start",
        fmt::format(
            R"(,"message":{{"id":"msg_1","type":"message","role":"assistant","content":[],"model":{},"stop_reason":null,"usage":{{"input_tokens":{},"output_tokens":1,"cache_read_input_tokens":0}}}})",
            quoted(q.model), q.prompt_bytes / 4));
    pieces.back().gap = b.first_delay;
    add("ping", "");
    std::size_t index = 0;
    if (b.reasoning > 0) {
        add("content_block_start",
            R"(,"index":0,"content_block":{"type":"thinking","thinking":""})");
        for (std::size_t i = 0; i < b.reasoning; ++i)
            add_delta(0, "thinking_delta", "thinking", "hm ");
        add("content_block_delta",
            R"(,"index":0,"delta":{"type":"signature_delta","signature":"c2ln"})");
        add("content_block_stop", R"(,"index":0)");
        ++index;
    }
    add("content_block_start",
        fmt::format(R"(,"index":{},"content_block":{{"type":"text","text":""}})", index));
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (b.error_mid == i) {
            auto broken = b;
            broken.status = 529;
            BodyPiece piece;
            piece.bytes =
                fmt::format("event: error{1}data: {0}{1}{1}", error_body(q, broken, ""), b.eol);
            pieces.push_back(std::move(piece));
            return pieces;
        }
        add_delta(index, "text_delta", "text", tokens[i]);
    }
    add("content_block_stop", fmt::format(R"(,"index":{})", index));
    for (std::size_t i = 0; i < b.tools; ++i) {
        ++index;
        add("content_block_start",
            fmt::format(
                R"(,"index":{},"content_block":{{"type":"tool_use","id":"toolu_{}","name":"look_up","input":{{}}}})",
                index, i));
        for (auto const& part : {std::string("{\"n"), fmt::format("\":{}}}", i)}) {
            add("content_block_delta",
                fmt::format(
                    R"(,"index":{},"delta":{{"type":"input_json_delta","partial_json":{}}})", index,
                    quoted(part)));
        }
        add("content_block_stop", fmt::format(R"(,"index":{})", index));
    }
    auto const reason = b.tools > 0            ? "tool_use"
                        : b.finish == "stop"   ? "end_turn"
                        : b.finish == "length" ? "max_tokens"
                                               : b.finish;
    if (b.finish != "none") {
        add("message_delta",
            fmt::format(
                R"(,"delta":{{"stop_reason":"{}","stop_sequence":null}},"usage":{{"output_tokens":{}}})",
                reason, written));
    }
    if (!b.no_done) add("message_stop", "");
    return pieces;
}

}  // namespace kaiwa::model_server
