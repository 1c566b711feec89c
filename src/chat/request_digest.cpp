#include "chat/request_digest.hpp"

#include "base/crypto.hpp"

#include <fmt/format.h>

namespace kaiwa::chat {
namespace {

/// Each part with its length, so that no two requests have one text.
class Digest {
public:
    Digest& add(std::string_view part) {
        text_ += fmt::format("{}:", part.size());
        text_ += part;
        return *this;
    }
    template <class T>
    Digest& add(std::optional<T> const& part) {
        return part ? add(fmt::format("={}", *part)) : add(std::string_view("-"));
    }
    Digest& add(SettingsChange const& change) {
        return add(change.model)
            .add(change.temperature)
            .add(change.top_p)
            .add(change.max_tokens)
            .add(change.system_prompt);
    }
    [[nodiscard]] std::string take() const {
        auto const digest = sha256(text_);
        return {digest.begin(), digest.end()};
    }

private:
    std::string text_;
};

}  // namespace

std::string digest_of(Question const& question) {
    Digest digest;
    digest.add("question").add(question.text);
    // What the configuration chooses is no part of what was asked.
    if (question.model_choice == Question::ModelChoice::of_request) digest.add(question.settings);
    digest.add(fmt::format("{}", static_cast<int>(question.parent.kind)));
    digest.add(question.parent.message.text());
    for (auto const& file : question.files) digest.add(file.text());
    if (question.repeat == Question::Repeat::may_remember_more) return digest.take();
    if (question.remembered) digest.add("remembered");
    for (auto const& message : question.remembered.value_or(std::vector<Remembered>{}))
        digest.add(fmt::format("{}", static_cast<int>(message.kind))).add(message.text);
    return digest.take();
}

std::string digest_of(ReplyRequest const& request) {
    Digest digest;
    digest.add(request.kind == ReplyRequest::Kind::regenerate ? "regenerate" : "continue");
    digest.add(request.message.text()).add(request.settings);
    return digest.take();
}

}  // namespace kaiwa::chat
