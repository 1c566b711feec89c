#include "chat/prompt_builder.hpp"

#include "base/utf8.hpp"
#include "chat/replay_step.hpp"
#include "chat/thinking.hpp"
#include "llm/tokens.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kaiwa::chat {
namespace {

/// Most prompts are made of one page. Each page may cost the store a look at the whole thread, so
/// that the next ones are larger.
constexpr std::size_t first_page_size = 64;
constexpr std::size_t largest_page_size = 1'024;

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

/// In the place of a file that no model is shown.
std::string described(FileInfo const& file) {
    if (file.size == 0) return fmt::format("[{}, {}]", file.name, file.media_type);
    return fmt::format("[{}, {}, {} bytes]", file.name, file.media_type, file.size);
}

llm::Role role_of(MessageRole role) {
    return role == MessageRole::user ? llm::Role::user : llm::Role::assistant;
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

/// Instructions that somebody else remembers follow our own.
void add_instructions(std::string& system, TurnContext const& turn) {
    if (!turn.remembered) return;
    for (auto const& message : *turn.remembered) {
        if (message.kind != Remembered::Kind::instruction || message.text.empty()) continue;
        if (!system.empty()) system += "\n\n";
        system += message.text;
    }
}

/// What somebody else remembers, as a branch has it.
RecentBranches::Lines lines_of(std::vector<Remembered> const& remembered) {
    RecentBranches::Lines lines;
    for (auto const& message : remembered) {
        if (message.kind == Remembered::Kind::instruction) continue;
        bool const by_user = message.kind == Remembered::Kind::user;
        lines.emplace_back(by_user ? MessageRole::user : MessageRole::assistant, message.text);
    }
    return lines;
}

/// The lines of a branch that is being read, newest first, as long as it can be remembered.
class Recollection {
public:
    void add(Message const& message) {
        bytes_ += message.text.size();
        // An answer that is being written will say more; a file may be removed; a step may have
        // something for the model.
        possible_ &= message.files.empty() && only_thinking(message.steps_json) &&
                     message.state != MessageState::pending &&
                     bytes_ <= RecentBranches::max_branch_bytes;
        if (possible_) lines_.emplace_back(message.role, message.text);
    }
    /// What comes before the question.
    [[nodiscard]] std::optional<RecentBranches::Lines> take() {
        if (!possible_ || lines_.empty()) return std::nullopt;
        lines_.erase(lines_.begin());
        std::ranges::reverse(lines_);
        return std::move(lines_);
    }

private:
    RecentBranches::Lines lines_;
    std::size_t bytes_ = 0;
    bool possible_ = true;
};

}  // namespace

/// A prompt that grows from its newest message back until the window is full.
class PromptBuilder::Draft {
public:
    explicit Draft(std::int64_t budget) : left_(budget) {}

    /// What is sent whatever it costs, behind the question.
    void add_behind(llm::PromptMessage message) {
        left_ -= tokens_of(message.parts);
        newest_first_.push_back(std::move(message));
    }
    /// False when this message and all before it do not fit. `depth`: how many there are before it.
    bool add(llm::PromptMessage message, std::int64_t tokens, std::int64_t depth) {
        if (message.parts.empty()) return true;  // an answer that failed before its first word
        left_ -= tokens;
        // The question itself is sent whatever it costs: the server's refusal is clearer.
        if (left_ < 0 && has_question_) {
            dropped_ = depth + 1;
            return false;
        }
        has_question_ = true;
        newest_first_.push_back(std::move(message));
        return true;
    }
    [[nodiscard]] std::int64_t dropped() const { return dropped_; }
    [[nodiscard]] std::vector<llm::PromptMessage> take() {
        std::ranges::reverse(newest_first_);
        put_in_order(newest_first_);
        return std::move(newest_first_);
    }

private:
    std::int64_t left_;
    bool has_question_ = false;
    std::int64_t dropped_ = 0;
    std::vector<llm::PromptMessage> newest_first_;
};

PromptBuilder::PromptBuilder(ChatStore& store, BlobStore& blobs, RecentBranches& recent,
                             PromptOptions options)
    : store_(store), blobs_(blobs), recent_(recent), options_(std::move(options)) {}

asio::awaitable<Result<BuiltPrompt>> PromptBuilder::build(TurnContext const& turn,
                                                          llm::ModelInfo const& model) const {
    BuiltPrompt built;
    built.prompt.system = turn.settings.system_prompt.value_or(options_.system_prompt);
    add_instructions(built.prompt.system, turn);
    Draft draft(budget_of(model, options_.unknown_window, turn.settings.parameters,
                          built.prompt.system));
    if (!turn.continued_text.empty()) {
        draft.add_behind({llm::Role::user, {llm::TextPart{std::string(carry_on_request)}}, {}});
        draft.add_behind({llm::Role::assistant, {llm::TextPart{turn.continued_text}}, {}});
    }

    if (auto lines = remembered(turn)) {
        for (auto depth = static_cast<std::int64_t>(lines->size()) - 1; depth >= 0; --depth) {
            auto& [role, text, tokens] = (*lines)[static_cast<std::size_t>(depth)];
            std::vector<llm::Part> parts;
            if (!text.empty()) parts.emplace_back(llm::TextPart{std::move(text)});
            llm::PromptMessage message{role_of(role), std::move(parts), {}};
            auto const cost = llm::tokens_per_message + tokens;
            if (!draft.add(std::move(message), cost, depth)) break;
        }
    } else {
        Reading reading{turn.question, model.sees_images.value_or(true), options_.max_file_bytes};
        auto read = co_await read_branch(turn, reading, draft);
        if (!read) co_return std::unexpected(read.error());
        built.named_files = std::move(reading.named_files);
    }
    built.dropped = draft.dropped();
    built.prompt.messages = draft.take();
    co_return built;
}

std::optional<RecentBranches::Lines> PromptBuilder::remembered(TurnContext const& turn) const {
    if (!turn.asked) return std::nullopt;
    std::optional<RecentBranches::Lines> lines(std::in_place);
    if (turn.remembered) lines = lines_of(*turn.remembered);
    else if (turn.asked->parent) lines = recent_.find(turn.thread, *turn.asked->parent);
    if (lines) lines->emplace_back(MessageRole::user, turn.asked->text);
    return lines;
}

asio::awaitable<Result<void>> PromptBuilder::read_branch(TurnContext const& turn, Reading& reading,
                                                         Draft& draft) const {
    Recollection recollection;
    MessageQuery query{.from = turn.question, .limit = first_page_size, .before = {}};
    for (;;) {
        auto asked = query;
        auto page = co_await store_.messages(turn.who, turn.thread, std::move(asked));
        if (!page) co_return std::unexpected(page.error());
        for (auto it = page->items.rbegin(); it != page->items.rend(); ++it) {
            auto parts = co_await parts_of(*it, reading);
            if (!parts) co_return std::unexpected(parts.error());
            auto const tokens = tokens_of(*parts);
            auto replay = it->role == MessageRole::assistant
                              ? replay_in(it->steps_json, turn.model)
                              : std::string();
            llm::PromptMessage message{role_of(it->role), std::move(*parts), std::move(replay)};
            if (!draft.add(std::move(message), tokens, it->depth)) co_return Result<void>{};
            recollection.add(*it);
        }
        if (!page->next) break;
        query.before = *page->next;
        query.limit = std::min(query.limit * 4, largest_page_size);
    }
    if (!turn.asked || !turn.asked->parent) co_return Result<void>{};
    if (auto lines = recollection.take())
        recent_.keep(turn.thread, *turn.asked->parent, std::move(*lines));
    co_return Result<void>{};
}

asio::awaitable<Result<std::vector<llm::Part>>> PromptBuilder::parts_of(
    Message const& message, Reading& reading) const {
    std::vector<llm::Part> parts;
    // Models take pictures of people alone, and what an answer showed is not part of its words.
    bool const is_question = message.role == MessageRole::user;
    for (auto const& file : message.files) {
        bool const shown = is_question && is_image(file.media_type) && reading.sees_images;
        bool const wanted = shown || (is_question && is_text(file.media_type));
        auto const most = shown ? options_.max_image_bytes : options_.max_text_file_bytes;
        auto const note_named = [&] {
            if (message.id == reading.question) reading.named_files.push_back(file.name);
        };
        auto const limit = std::min<std::uint64_t>(most, reading.bytes_left);
        Result<std::string> bytes = fail(Errc::too_large, "it is not for a model");
        if (wanted && file.size <= limit)
            bytes = co_await read_file(file, static_cast<std::size_t>(limit));
        if (!bytes && bytes.error().code == Errc::too_large) {
            parts.push_back(llm::TextPart{described(file)});
            note_named();
            continue;
        }
        auto const code = bytes ? Errc::internal : bytes.error().code;
        bool const is_of_others = !file.foreign_key.empty() && code != Errc::cancelled;
        if (!bytes && (code == Errc::not_found || is_of_others)) {
            // Its bytes are gone, another server's, or another program's that we may not read: the
            // conversation goes on without them.
            parts.push_back(llm::TextPart{
                fmt::format("[{}, {}, no longer available]", file.name, file.media_type)});
            note_named();
            continue;
        }
        if (!bytes) co_return std::unexpected(bytes.error());
        reading.bytes_left -= bytes->size();
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

asio::awaitable<Result<std::string>> PromptBuilder::read_file(FileInfo file,
                                                              std::size_t max_bytes) const {
    auto reader = co_await open_bytes(blobs_, file);
    if (!reader) co_return std::unexpected(reader.error());
    auto const longer = [] { return fail(Errc::too_large, "the file is longer than a model is shown"); };
    if ((*reader)->size() > max_bytes) co_return longer();
    std::string bytes;
    for (;;) {
        auto piece = co_await (*reader)->next();
        if (!piece) co_return std::unexpected(piece.error());
        if (piece->empty()) co_return bytes;
        bytes += *piece;
        if (bytes.size() > max_bytes) co_return longer();
    }
}

}  // namespace kaiwa::chat
