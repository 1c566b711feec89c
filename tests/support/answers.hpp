#pragma once

#include "base/json.hpp"
#include "providers/common/answer_decoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::test {

/// One line that says what an event is: `text "こん"`, `usage 9 4 - -`, `failed network "…"`.
inline std::string described(llm::Outcome<llm::Event> const& outcome) {
    auto const quoted = [](std::string_view text) {
        std::string out;
        append_json_string(out, text);
        return out;
    };
    if (!outcome)
        return fmt::format("failed {} {}", to_string(outcome.error().kind),
                           quoted(outcome.error().message));
    auto const count = [](std::optional<std::int64_t> n) {
        return n ? std::to_string(*n) : std::string("-");
    };
    if (auto* text = std::get_if<llm::TextDelta>(&*outcome)) return "text " + quoted(text->text);
    if (auto* text = std::get_if<llm::ReasoningDelta>(&*outcome))
        return "reasoning " + quoted(text->text);
    if (auto* call = std::get_if<llm::ToolCall>(&*outcome)) {
        return fmt::format("tool {} {} {}", call->id, call->name, call->arguments);
    }
    if (auto* replay = std::get_if<llm::Replay>(&*outcome)) return "replay " + replay->payload;
    if (auto* usage = std::get_if<llm::Usage>(&*outcome)) {
        return fmt::format("usage {} {} {} {}", usage->input_tokens, usage->output_tokens,
                           count(usage->cached_tokens), count(usage->reasoning_tokens));
    }
    switch (std::get<llm::Finished>(*outcome).reason) {
        case llm::FinishReason::stop:
            return "finished stop";
        case llm::FinishReason::length:
            return "finished length";
        case llm::FinishReason::filtered:
            return "finished filtered";
        case llm::FinishReason::tool:
            return "finished tool";
    }
    return {};
}

using MakeDecoder = std::function<std::unique_ptr<providers::AnswerDecoder>()>;
using Lines = std::vector<std::string>;

inline bool is_last(std::string_view line) {
    return line.starts_with("finished") || line.starts_with("failed");
}

/// Everything that a decoder says about a body that came in `pieces` and then ended.
inline Lines decoded(MakeDecoder const& make, std::vector<std::string_view> const& pieces) {
    auto const decoder = make();
    Lines lines;
    auto const drain = [&] {
        while (auto event = decoder->next()) lines.push_back(described(*event));
    };
    for (auto const piece : pieces) {
        if (piece.empty()) continue;
        // A copy that dies at once: no decoder may keep a view of it.
        auto const copy = std::make_unique<std::string>(piece);
        decoder->feed(*copy);
        drain();
        if (!lines.empty() && is_last(lines.back())) return lines;
    }
    decoder->end_of_body();
    drain();
    return lines;
}

/// A recorded body and the events that it means.
struct Recording {
    std::string name;
    std::string body;
    Lines events;
};

inline std::string file_text(std::filesystem::path const& file) {
    std::ifstream in(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

/// All recordings of a folder: each body lies beside a file `<name>.events` of one line an event.
inline std::vector<Recording> recordings_in(std::filesystem::path const& folder) {
    std::vector<Recording> all;
    for (auto const& entry : std::filesystem::directory_iterator(folder)) {
        auto const& path = entry.path();
        if (path.extension() == ".events" || path.filename().string().starts_with('.')) continue;
        Recording recording{path.filename(), file_text(path), {}};
        auto events = path;
        std::ifstream in(events.replace_extension(".events"));
        for (std::string line; std::getline(in, line);) recording.events.push_back(line);
        all.push_back(std::move(recording));
    }
    std::ranges::sort(all, {}, &Recording::name);
    return all;
}

/// Pairs of places to cut a body of `size` bytes: all of them up to 300 bytes, else 2,000 drawn by
/// a generator that always draws the same.
inline std::vector<std::pair<std::size_t, std::size_t>> cut_pairs(std::size_t size) {
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    if (size <= 300) {
        for (std::size_t a = 0; a <= size; ++a) {
            for (std::size_t b = a; b <= size; ++b) pairs.emplace_back(a, b);
        }
        return pairs;
    }
    std::uint64_t state = 0x9E3779B97F4A7C15u ^ size;
    auto const draw = [&] {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return static_cast<std::size_t>(state % (size + 1));
    };
    for (int i = 0; i < 2'000; ++i) {
        auto const a = draw(), b = draw();
        pairs.emplace_back(std::min(a, b), std::max(a, b));
    }
    return pairs;
}

}  // namespace kaiwa::test
