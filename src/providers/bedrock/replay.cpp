#include "providers/bedrock/replay.hpp"

#include "base/crypto.hpp"
#include "base/json.hpp"

#include <utility>

namespace kaiwa::providers {

std::string replay_payload(std::vector<ReasoningBlock> const& blocks) {
    std::string out;
    for (auto const& block : blocks) {
        out += out.empty() ? '[' : ',';
        if (!block.redacted.empty()) {
            out += R"({"redacted":")" + base64(block.redacted) + R"("})";
            continue;
        }
        out += R"({"text":)";
        append_json_string(out, block.text);
        out += R"(,"signature":)";
        append_json_string(out, block.signature);
        out += '}';
    }
    if (out.empty()) return out;
    out += ']';
    return out.size() <= max_replay_bytes ? out : std::string();
}

std::vector<ReasoningBlock> read_replay(std::string_view payload) {
    std::vector<ReasoningBlock> blocks;
    if (payload.empty() || payload.size() > max_replay_bytes) return blocks;
    auto const value = parse_json(payload);
    auto const* items = value ? value->if_array() : nullptr;
    if (items == nullptr) return blocks;
    for (auto const& item : *items) {
        auto const* object = item.if_object();
        if (object == nullptr) return {};
        auto const text_of = [&](std::string_view name) {
            auto const* member = object->if_contains(name);
            return member && member->is_string() ? std::string(member->get_string())
                                                 : std::string();
        };
        ReasoningBlock block;
        if (object->contains("redacted")) {
            auto bytes = decode_base64(text_of("redacted"));
            if (!bytes || bytes->empty()) return {};
            block.redacted = std::move(*bytes);
        } else {
            block.text = text_of("text");
            block.signature = text_of("signature");
            if (block.signature.empty()) return {};
        }
        blocks.push_back(std::move(block));
    }
    return blocks;
}

}  // namespace kaiwa::providers
