#include "chat/prompt_builder.hpp"

#include "base/utf8.hpp"
#include "chat/replay_step.hpp"
#include "llm/tokens.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kaiwa::chat {
namespace {

constexpr std::size_t page_size = 64;

constexpr std::string_view carry_on_request =
    "Continue your previous answer exactly where it stopped, in the same language and format. "
    "Do not repeat anything that you already wrote.";

bool is_image(std::string_view media_type) {
    return media_type == "image/png" || media_type == "image/jpeg" || media_type == "image/gif" ||
           media_type == "image/webp";
}

bool is_text(std::string_view media_type) {
    return media_type.starts_with("text/") || media_type == "application/json";
}

std::int64_t tokens_of(std::vector<llm::Part> const& parts) {
    std::int64_t tokens = llm::tokens_per_message;
    for (auto const& part : parts) {
        auto const* text = std::get_if<llm::TextPart>(&part);
        tokens += text != nullptr ? llm::estimate_tokens(text->text) : llm::tokens_per_image;
    }
    return tokens;
}

/// What the window leaves for the conversation.
std::int64_t budget_of(llm::ModelInfo const& model, std::int64_t unknown_window,
                       llm::Parameters const& parameters, std::string const& system) {
    auto const window = model.window.value_or(unknown_window);
    auto const answer = std::min(parameters.max_tokens.value_or(std::min<std::int64_t>(4096, window / 4)),
                                 window / 2);
    return window - answer - llm::estimate_tokens(system) - llm::tokens_per_message;
}

/// Servers want turns to alternate and the first to be a person's.
void put_in_order(std::vector<llm::PromptMessage>& messages) {
    while (!messages.empty() && messages.front().role == llm::Role::assistant)
        messages.erase(messages.begin());
    std::vector<llm::PromptMessage> joined;
    for (auto& message : messages) {
        if (joined.empty() || joined.back().role != message.role) {
            joined.push_back(std::move(message));
        } else {
            // What belonged to one of two answers belongs to none of their sum.
            joined.back().replay.clear();
            std::ranges::move(message.parts, std::back_inserter(joined.back().parts));
        }
    }
    messages = std::move(joined);
}

}  // namespace

PromptBuilder::PromptBuilder(ChatStore& store, BlobStore& blobs, PromptOptions options)
    : store_(store), blobs_(blobs), options_(std::move(options)) {}

asio::awaitable<Result<BuiltPrompt>> PromptBuilder::build(TurnContext const& turn,
                                                          llm::ModelInfo const& model) const {
    BuiltPrompt built;
    built.prompt.system = turn.settings.system_prompt.value_or(options_.system_prompt);
    auto left = budget_of(model, options_.unknown_window, turn.settings.parameters,
                          built.prompt.system);
    bool const sees_images = model.sees_images.value_or(true);

    std::vector<llm::PromptMessage> newest_first;
    if (!turn.continued_text.empty()) {
        newest_first.push_back({llm::Role::user, {llm::TextPart{std::string(carry_on_request)}}, {}});
        newest_first.push_back({llm::Role::assistant, {llm::TextPart{turn.continued_text}}, {}});
        left -= tokens_of(newest_first[0].parts) + tokens_of(newest_first[1].parts);
    }

    MessageQuery query{.from = turn.question, .limit = page_size, .before = {}};
    bool question = true;
    for (;;) {
        auto asked = query;
        auto page = co_await store_.messages(turn.who, turn.thread, std::move(asked));
        if (!page) co_return std::unexpected(page.error());
        for (auto it = page->items.rbegin(); it != page->items.rend(); ++it) {
            auto const& message = *it;
            auto parts = co_await parts_of(message, sees_images);
            if (!parts) co_return std::unexpected(parts.error());
            if (parts->empty()) continue;  // an answer that failed before its first word
            left -= tokens_of(*parts);
            // The question itself is sent whatever it costs: the server's refusal is clearer.
            if (left < 0 && !question) {
                built.dropped = message.depth + 1;
                break;
            }
            question = false;
            auto const role =
                message.role == MessageRole::user ? llm::Role::user : llm::Role::assistant;
            auto replay = role == llm::Role::assistant ? replay_in(message.steps_json, turn.model)
                                                       : std::string();
            newest_first.push_back({role, std::move(*parts), std::move(replay)});
        }
        if (built.dropped > 0 || !page->next) break;
        query.before = *page->next;
    }

    std::ranges::reverse(newest_first);
    built.prompt.messages = std::move(newest_first);
    put_in_order(built.prompt.messages);
    co_return built;
}

asio::awaitable<Result<std::vector<llm::Part>>> PromptBuilder::parts_of(Message const& message,
                                                                        bool sees_images) const {
    std::vector<llm::Part> parts;
    for (auto const& file : message.files) {
        bool const shown = is_image(file.media_type) && sees_images &&
                           file.size <= options_.max_image_bytes;
        bool const quoted = is_text(file.media_type) && file.size <= options_.max_text_file_bytes;
        if (!shown && !quoted) {
            parts.push_back(llm::TextPart{
                fmt::format("[{}, {}, {} bytes]", file.name, file.media_type, file.size)});
            continue;
        }
        auto bytes = co_await read_file(file.id, static_cast<std::size_t>(file.size));
        if (!bytes) co_return std::unexpected(bytes.error());
        if (shown) {
            parts.push_back(llm::ImagePart{file.media_type, std::move(*bytes)});
        } else {
            auto text = replace_invalid_utf8(std::move(*bytes));
            parts.push_back(llm::TextPart{fmt::format("{}:\n```\n{}\n```", file.name, text)});
        }
    }
    if (!message.text.empty()) parts.push_back(llm::TextPart{message.text});
    co_return parts;
}

asio::awaitable<Result<std::string>> PromptBuilder::read_file(FileId id,
                                                              std::size_t max_bytes) const {
    auto reader = co_await blobs_.open(id);
    if (!reader) co_return std::unexpected(reader.error());
    std::string bytes;
    for (;;) {
        auto piece = co_await (*reader)->next();
        if (!piece) co_return std::unexpected(piece.error());
        if (piece->empty()) co_return bytes;
        bytes += *piece;
        if (bytes.size() > max_bytes) co_return fail(Errc::too_large, "a file grew while it was read");
    }
}

}  // namespace kaiwa::chat
