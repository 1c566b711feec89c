// Bodies of turns, settings, providers and commands of a page: what is taken is within its limits.
#include "api/fields.hpp"
#include "api/page_command.hpp"
#include "api/provider_body.hpp"
#include "api/turn_body.hpp"
#include "base/utf8.hpp"
#include "chat/turn_service.hpp"
#include "fuzz_input.hpp"

namespace {

using kaiwa::fuzz::require;

constexpr std::size_t max_files = 20;

void check_change(kaiwa::chat::SettingsChange const& change) {
    if (change.model)
        require(!change.model->empty() && change.model->size() <= kaiwa::api::max_model_id_bytes &&
                kaiwa::is_valid_utf8(*change.model));
    if (change.temperature) require(*change.temperature >= 0 && *change.temperature <= 1);
    if (change.top_p) require(*change.top_p >= 0 && *change.top_p <= 1);
    if (change.max_tokens) require(*change.max_tokens >= 1);
    if (change.system_prompt)
        require(change.system_prompt->size() <= kaiwa::api::max_system_prompt_bytes &&
                kaiwa::is_valid_utf8(*change.system_prompt));
}

/// What a member names is either set or cleared, whatever stood there before.
void check_patch(kaiwa::chat::SettingsPatch const& patch) {
    check_change(patch.set);
    kaiwa::chat::ThreadSettings before;
    before.model = "old";
    before.system_prompt = "old";
    before.parameters.temperature = 0.25;
    before.parameters.top_p = 0.25;
    before.parameters.max_tokens = 25;
    auto const after = patch.apply_to(before);
    auto const check = [](bool clears, auto const& set, auto const& old, auto const& now) {
        require(!clears || !set);
        require(now == (clears ? std::nullopt : set ? set : old));
    };
    auto const& was = before.parameters;
    auto const& is = after.parameters;
    check(patch.clears_model, patch.set.model, before.model, after.model);
    check(patch.clears_temperature, patch.set.temperature, was.temperature, is.temperature);
    check(patch.clears_top_p, patch.set.top_p, was.top_p, is.top_p);
    check(patch.clears_max_tokens, patch.set.max_tokens, was.max_tokens, is.max_tokens);
    check(patch.clears_system_prompt, patch.set.system_prompt, before.system_prompt,
          after.system_prompt);
}

/// One line, short enough for a list, and empty only where nothing was said.
void check_title(std::string_view question) {
    if (!kaiwa::is_valid_utf8(question)) return;
    auto const title = kaiwa::chat::make_title(question);
    require(kaiwa::is_valid_utf8(title) && kaiwa::count_code_points(title) <= 40);
    require(!title.contains('\n'));
    require(title.empty() == (question.find_first_not_of(" \t\r\n") == question.npos));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    if (auto const command = kaiwa::api::parse_command(text))
        require(!command->generation.empty() && command->generation.size() <= 64);

    check_title(text);

    auto const body = kaiwa::parse_json(text);
    if (!body) return 0;
    if (auto const question = kaiwa::api::read_question(*body, max_files)) {
        require(question->text.size() <= kaiwa::api::max_message_bytes);
        require(kaiwa::is_valid_utf8(question->text) && !question->text.contains('\0'));
        require(question->files.size() <= max_files);
        require(!question->files.empty() || !kaiwa::api::is_blank(question->text));
        require(!question->text.empty() || !question->files.empty());
        check_change(question->settings);
    }
    // Another answer, and the rest of one: the bodies of `…/regenerate` and `…/continue`.
    using Kind = kaiwa::chat::ReplyRequest::Kind;
    for (auto const kind : {Kind::regenerate, Kind::carry_on}) {
        auto const reply = kaiwa::api::read_reply(*body, {}, kind);
        if (!reply) continue;
        require(reply->kind == kind);
        check_change(reply->settings);
    }
    if (auto const patch = kaiwa::api::read_settings(*body)) check_patch(*patch);

    kaiwa::llm::ProviderConfig provider;
    kaiwa::JsonFields fields(*body, "the body");
    kaiwa::api::read_provider(fields, provider);
    if (fields.finish() && !provider.base_url.empty())
        require(kaiwa::api::is_base_url(provider.base_url));
    return 0;
}
