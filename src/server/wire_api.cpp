#include "server/wire_api.hpp"

namespace kaiwa::server {

std::string_view version() {
    return KAIWA_VERSION;
}

Result<std::shared_ptr<api::Settings const>> api_settings(Settings const& settings) {
    auto site = api::Site::parse(settings.public_url);
    if (!site) return std::unexpected(site.error());
    // The address of a function is AWS's choice, and AWS routes by it.
    if (settings.home == Home::function && settings.public_url.empty())
        site->hosts = api::Site::Hosts::any;
    for (auto const& host : settings.allowed_hosts) site->other_hosts.push_back(host);
    auto told = std::make_shared<api::Settings>();
    told->version = version();
    told->greeting = settings.greeting;
    for (auto const& starter : settings.starters)
        told->starters.push_back({starter.title, starter.prompt});
    if (!settings.default_model.empty()) told->default_model = settings.default_model;
    told->uploads.state = settings.uploads_enabled ? api::UploadRules::State::enabled
                                                   : api::UploadRules::State::disabled;
    told->uploads.types = settings.upload_types;
    told->uploads.max_files = settings.max_files;
    told->uploads.max_bytes = settings.max_file_bytes;
    told->site = std::move(*site);
    return told;
}

std::shared_ptr<chat::PromptBuilder const> make_prompts(Stores& stores,
                                                        chat::RecentBranches& recent,
                                                        Settings const& settings) {
    chat::PromptOptions options;
    options.system_prompt = settings.system_prompt;
    return std::make_shared<chat::PromptBuilder>(stores.chats(), stores.blobs(), recent,
                                                 std::move(options));
}

void add_program_metrics(api::Metrics& metrics, chat::TurnService& turns) {
    using Kind = api::Metrics::Kind;
    metrics.add(Kind::gauge, "kaiwa_turns_running", "Turns that run in this process.",
                [&turns] { return static_cast<double>(turns.running()); });
}

}  // namespace kaiwa::server
