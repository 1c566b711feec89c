// Bodies of turns, settings, providers and commands of a page: what is taken is within its limits.
#include "api/fields.hpp"
#include "api/page_command.hpp"
#include "api/provider_body.hpp"
#include "api/turn_body.hpp"
#include "base/utf8.hpp"
#include "fuzz_input.hpp"

namespace {

constexpr std::size_t max_files = 20;

void check_change(kaiwa::chat::SettingsChange const& change) {
    using kaiwa::fuzz::require;
    if (change.temperature) require(*change.temperature >= 0 && *change.temperature <= 1);
    if (change.top_p) require(*change.top_p >= 0 && *change.top_p <= 1);
    if (change.max_tokens) require(*change.max_tokens >= 1);
    if (change.system_prompt)
        require(change.system_prompt->size() <= kaiwa::api::max_system_prompt_bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    if (auto const command = kaiwa::api::parse_command(text))
        kaiwa::fuzz::require(!command->generation.empty() && command->generation.size() <= 64);

    auto const body = kaiwa::parse_json(text);
    if (!body) return 0;
    if (auto const question = kaiwa::api::read_question(*body, max_files)) {
        kaiwa::fuzz::require(question->text.size() <= kaiwa::api::max_message_bytes);
        kaiwa::fuzz::require(kaiwa::is_valid_utf8(question->text) && !question->text.contains('\0'));
        kaiwa::fuzz::require(question->files.size() <= max_files);
        kaiwa::fuzz::require(!question->text.empty() || !question->files.empty());
        check_change(question->settings);
    }
    using Kind = kaiwa::chat::ReplyRequest::Kind;
    if (auto const reply = kaiwa::api::read_reply(*body, {}, Kind::regenerate))
        check_change(reply->settings);
    static_cast<void>(kaiwa::api::read_settings(*body));

    kaiwa::llm::ProviderConfig provider;
    kaiwa::JsonFields fields(*body, "the body");
    kaiwa::api::read_provider(fields, provider);
    if (fields.finish() && !provider.base_url.empty())
        kaiwa::fuzz::require(kaiwa::api::is_base_url(provider.base_url));
    return 0;
}
