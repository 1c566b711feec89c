#include "transfer/thread_digest.hpp"

#include <fmt/format.h>

namespace kaiwa::transfer {
namespace {

/// Joins parts so that no two lists of parts give the same text.
class Parts {
public:
    Parts& add(std::string_view part) {
        text_ += fmt::format("{}:", part.size());
        text_ += part;
        return *this;
    }
    Parts& add(std::string const& part) { return add(std::string_view(part)); }
    Parts& add(std::optional<std::string> const& part) {
        return add(part ? std::string_view(*part) : std::string_view());
    }
    template <class Tag>
    Parts& add(Id<Tag> const& id) {
        return add(id.text());
    }
    template <class Tag>
    Parts& add(std::optional<Id<Tag>> const& id) {
        return add(id ? id->text() : std::string());
    }
    Parts& add(Timestamp time) { return add(std::to_string(time.time_since_epoch().count())); }
    Parts& add(std::optional<Timestamp> time) {
        return time ? add(*time) : add(std::string_view());
    }
    template <class Number>
        requires std::is_arithmetic_v<Number>
    Parts& add(Number number) {
        return add(fmt::format("{}", number));
    }
    template <class Number>
        requires std::is_arithmetic_v<Number>
    Parts& add(std::optional<Number> number) {
        return number ? add(*number) : add(std::string_view());
    }
    [[nodiscard]] std::string const& text() const { return text_; }

private:
    std::string text_;
};

void add_usage(Parts& parts, std::optional<llm::Usage> const& usage) {
    if (!usage) {
        parts.add(std::string_view());
        return;
    }
    parts.add(usage->input_tokens)
        .add(usage->output_tokens)
        .add(usage->cached_tokens)
        .add(usage->reasoning_tokens);
}

}  // namespace

ThreadDigest::ThreadDigest(chat::ArchivedThread const& archived) {
    auto const& thread = archived.thread;
    auto const& settings = thread.settings;
    Parts parts;
    parts.add(thread.id)
        .add(archived.owner.id)
        .add(thread.title)
        .add(thread.created_at)
        .add(thread.updated_at)
        .add(thread.archived)
        .add(archived.deleted_at)
        .add(thread.head)
        .add(settings.model)
        .add(settings.parameters.temperature)
        .add(settings.parameters.top_p)
        .add(settings.parameters.max_tokens)
        .add(settings.system_prompt)
        .add(static_cast<std::uint64_t>(thread.stay.count()));
    mix(parts.text());
}

void ThreadDigest::add(chat::ArchivedMessage const& archived) {
    auto const& message = archived.message;
    Parts parts;
    parts.add(archived.number)
        .add(archived.request_digest)
        .add(message.id)
        .add(message.parent)
        .add(static_cast<int>(message.role))
        .add(static_cast<int>(message.state))
        .add(message.text)
        .add(message.reasoning)
        .add(message.generation)
        .add(message.finish)
        .add(message.error)
        .add(message.model)
        .add(message.steps_json)
        .add(message.citations_json)
        .add(message.created_at)
        .add(message.ended_at)
        .add(message.files.size());
    for (auto const& file : message.files)
        parts.add(file.id).add(file.name).add(file.media_type).add(file.size);
    add_usage(parts, message.usage);
    if (message.feedback)
        parts.add(static_cast<int>(message.feedback->value)).add(message.feedback->comment);
    mix(parts.text());
    ++messages_;
}

void ThreadDigest::mix(std::string const& part) {
    std::string both(digest_.begin(), digest_.end());
    both += part;
    digest_ = sha256(both);
}

}  // namespace kaiwa::transfer
