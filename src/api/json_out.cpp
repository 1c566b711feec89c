#include "api/json_out.hpp"

#include "api/json_text.hpp"
#include "base/json.hpp"

namespace kaiwa::api {
namespace {

void append_text(std::string& out, std::string_view text) { append_json_string(out, text); }

/// Members that a thread has everywhere.
JsonMembers thread_members(std::string& out, chat::Thread const& thread) {
    JsonMembers members(out);
    members.id("id", thread.id)
        .text("title", thread.title)
        .time("created_at", thread.created_at)
        .time("updated_at", thread.updated_at)
        .boolean("archived", thread.archived)
        .id_or_null("head", thread.head);
    return members;
}

void append_usage(std::string& out, llm::Usage const& usage) {
    out += '{';
    JsonMembers members(out);
    members.number("input_tokens", usage.input_tokens).number("output_tokens", usage.output_tokens);
    if (usage.cached_tokens) members.number("cached_tokens", *usage.cached_tokens);
    if (usage.reasoning_tokens) members.number("reasoning_tokens", *usage.reasoning_tokens);
    out += '}';
}

void append_feedback(std::string& out, chat::Feedback const& feedback) {
    out += '{';
    JsonMembers members(out);
    members.text("value", feedback.value == chat::Feedback::Value::up ? "up" : "down");
    if (!feedback.comment.empty()) members.text("comment", feedback.comment);
    out += '}';
}

/// How many of the oldest messages did not fit into the model's window, told by a step.
std::optional<std::int64_t> dropped_messages(std::string_view steps_json) {
    constexpr std::string_view step_name = "history_cut";
    if (!steps_json.contains(step_name)) return std::nullopt;
    auto const steps = parse_json(steps_json);
    if (!steps || !steps->is_array()) return std::nullopt;
    for (auto const& step : steps->get_array()) {
        auto const* members = step.if_object();
        auto const* name = members ? members->if_contains("name") : nullptr;
        if (!name || !name->is_string() || name->get_string() != step_name) continue;
        boost::system::error_code error;
        auto const* dropped = step.find_pointer("/detail/dropped", error);
        if (dropped && dropped->is_int64()) return dropped->get_int64();
    }
    return std::nullopt;
}

void append_notice(std::string& out, std::string_view steps_json) {
    auto const dropped = dropped_messages(steps_json);
    if (!dropped) {
        out += "null";
        return;
    }
    out += '{';
    JsonMembers(out).text("kind", "history_cut").number("dropped", *dropped);
    out += '}';
}

void append_assistant_members(JsonMembers& members, chat::Message const& message) {
    if (message.reasoning.empty()) members.null("reasoning");
    else members.text("reasoning", message.reasoning);
    if (message.ended_at) members.time("ended_at", *message.ended_at);
    else members.null("ended_at");
}

std::string_view to_string(llm::ModelState state) {
    switch (state) {
        case llm::ModelState::ready: return "ready";
        case llm::ModelState::unreachable: return "unreachable";
        case llm::ModelState::denied: return "denied";
    }
    return "unreachable";
}

std::string_view to_string(llm::ProviderStatus::State state) {
    using State = llm::ProviderStatus::State;
    switch (state) {
        case State::unknown: return "unknown";
        case State::ready: return "ready";
        case State::unreachable: return "unreachable";
        case State::denied: return "denied";
    }
    return "unknown";
}

std::string_view to_string(llm::ProviderOrigin origin) {
    switch (origin) {
        case llm::ProviderOrigin::configuration: return "configuration";
        case llm::ProviderOrigin::store: return "store";
        case llm::ProviderOrigin::found: return "found";
    }
    return "configuration";
}

}  // namespace

std::string_view to_string(chat::MessageState state) {
    switch (state) {
        case chat::MessageState::pending: return "pending";
        case chat::MessageState::complete: return "complete";
        case chat::MessageState::stopped: return "stopped";
        case chat::MessageState::interrupted: return "interrupted";
        case chat::MessageState::failed: return "failed";
    }
    return "failed";
}

void append_settings(std::string& out, chat::ThreadSettings const& settings) {
    out += '{';
    JsonMembers members(out);
    auto const& parameters = settings.parameters;
    if (settings.model) members.text("model", *settings.model);
    if (parameters.temperature) members.real("temperature", *parameters.temperature);
    if (parameters.top_p) members.real("top_p", *parameters.top_p);
    if (parameters.max_tokens) members.number("max_tokens", *parameters.max_tokens);
    if (settings.system_prompt) members.text("system_prompt", *settings.system_prompt);
    out += '}';
}

void append_thread(std::string& out, chat::Thread const& thread) {
    out += '{';
    auto members = thread_members(out, thread);
    append_settings(members.value_of("settings"), thread.settings);
    out += '}';
}

void append_thread_item(std::string& out, chat::Thread const& thread) {
    out += '{';
    thread_members(out, thread).boolean("running", thread.running);
    out += '}';
}

std::string thread_json(chat::Thread const& thread) {
    std::string out;
    append_thread(out, thread);
    return out;
}

void append_file(std::string& out, chat::FileInfo const& file) {
    out += '{';
    JsonMembers(out)
        .id("id", file.id)
        .text("name", file.name)
        .text("type", file.media_type)
        .number("size", file.size);
    out += '}';
}

void append_message(std::string& out, chat::Message const& message) {
    bool const is_answer = message.role == chat::MessageRole::assistant;
    auto const append_id = [](std::string& to, MessageId const& id) { append_text(to, id.text()); };

    out += '{';
    JsonMembers members(out);
    members.id("id", message.id).id_or_null("parent", message.parent);
    append_array(members.value_of("siblings"), message.siblings, append_id);
    members.text("role", is_answer ? "assistant" : "user")
        .text("text", message.text)
        .text("state", to_string(message.state))
        .id_or_null("generation", message.generation)
        .text_or_null("finish", message.finish)
        .raw("error", message.error ? std::string_view(*message.error) : "null")
        .text_or_null("model", message.model);
    append_array(members.value_of("files"), message.files, append_file);
    members.raw("steps", message.steps_json).raw("citations", message.citations_json);
    if (is_answer) append_assistant_members(members, message);
    if (message.usage) append_usage(members.value_of("usage"), *message.usage);
    else members.null("usage");
    if (message.feedback) append_feedback(members.value_of("feedback"), *message.feedback);
    else members.null("feedback");
    append_notice(members.value_of("notice"), message.steps_json);
    members.time("created_at", message.created_at);
    out += '}';
}

void append_hit(std::string& out, chat::SearchHit const& hit) {
    auto const append_mark = [](std::string& to, auto const& mark) {
        to += '[' + std::to_string(mark.first) + ',' + std::to_string(mark.second) + ']';
    };
    out += '{';
    JsonMembers members(out);
    members.id("thread", hit.thread)
        .id_or_null("message", hit.message)
        .text("title", hit.thread_title)
        .boolean("archived", hit.archived)
        .text("snippet", hit.snippet);
    append_array(members.value_of("marks"), hit.marks, append_mark);
    out += '}';
}

void append_session(std::string& out, auth::Session const& session,
                    std::optional<SessionId> const& current) {
    out += '{';
    JsonMembers(out)
        .id("id", session.id)
        .time("created_at", session.created_at)
        .time("last_used_at", session.last_used_at)
        .text("user_agent", session.user_agent)
        .boolean("current", current == session.id);
    out += '}';
}

void append_key(std::string& out, auth::ApiKey const& key, Secret const* text) {
    out += '{';
    JsonMembers members(out);
    members.id("id", key.id)
        .text("name", key.name)
        .text("prefix", key.prefix)
        .time("created_at", key.created_at);
    if (key.last_used_at) members.time("last_used_at", *key.last_used_at);
    else members.null("last_used_at");
    if (text) members.text("key", text->reveal());
    out += '}';
}

void append_managed_user(std::string& out, auth::User const& user) {
    out += '{';
    JsonMembers members(out);
    members.id("id", user.id)
        .text("username", user.username)
        .text("name", user.name)
        .text("role", auth::to_string(user.role))
        .boolean("disabled", user.disabled)
        .time("created_at", user.created_at);
    if (user.last_seen_at) members.time("last_seen_at", *user.last_seen_at);
    else members.null("last_seen_at");
    out += '}';
}

void append_model(std::string& out, llm::CatalogueModel const& model) {
    out += '{';
    JsonMembers members(out);
    members.text("id", model.id)
        .text("name", model.info.name)
        .text("provider", model.provider)
        .text("state", to_string(model.state));
    if (!model.reason.empty()) members.text("reason", model.reason);
    if (model.reason_class) members.text("reason_class", llm::to_string(*model.reason_class));
    if (model.info.window) members.number("window", *model.info.window);
    out += '}';
}

void append_provider(std::string& out, llm::ProviderStatus const& provider) {
    auto const& config = provider.config;
    out += '{';
    JsonMembers members(out);
    members.text("name", config.name).text("kind", config.kind).text("base_url", config.base_url);
    if (auto const region = config.options.find("region"); region != config.options.end())
        members.text("region", region->second);
    append_array(members.value_of("models"), config.models, append_text);
    members.boolean("has_key", !config.api_key.empty())
        .text("origin", to_string(config.origin))
        .text("state", to_string(provider.state));
    if (!provider.reason.empty()) members.text("reason", provider.reason);
    if (provider.reason_class)
        members.text("reason_class", llm::to_string(*provider.reason_class));
    if (provider.latency) members.number("latency_ms", provider.latency->count());
    members.number("model_count", provider.model_count);
    if (provider.checked_at) members.time("checked_at", *provider.checked_at);
    if (!provider.last_error.empty()) members.text("last_error", provider.last_error);
    if (provider.last_error_class)
        members.text("last_error_class", llm::to_string(*provider.last_error_class));
    out += '}';
}

void append_activity(std::string& out, llm::ActivityPeriod const& period) {
    auto const add = [](JsonMembers& members, std::string_view name,
                        std::optional<std::chrono::milliseconds> time) {
        if (time)
            members.number(name, time->count());
        else
            members.null(name);
    };
    out += '{';
    JsonMembers members(out);
    members.time("time", period.begin)
        .number("requests", period.requests)
        .number("failures", period.failures);
    add(members, "first_token_ms", period.mean_first_token);
    add(members, "slowest_first_token_ms", period.slowest_first_token);
    out += '}';
}

void append_found_server(std::string& out, FoundServer const& server) {
    out += '{';
    JsonMembers members(out);
    members.text("kind", server.kind).text("label", server.label).text("base_url", server.base_url);
    append_array(members.value_of("models"), server.models, append_text);
    out += '}';
}

std::string signed_in_json(auth::User const& user) {
    std::string out = "{\"user\":{";
    JsonMembers(out)
        .id("id", user.id)
        .text("username", user.username)
        .text("name", user.name.empty() ? user.username : user.name)
        .text("role", auth::to_string(user.role));
    out += "}}";
    return out;
}

std::string signed_in_json(auth::Caller const& caller) {
    if (caller.user) return signed_in_json(*caller.user);
    auth::User key_user;
    key_user.id = caller.principal.id;
    key_user.username = caller.principal.username;
    key_user.role = caller.principal.role;
    return signed_in_json(key_user);
}

std::string ticket_json(chat::TurnTicket const& ticket) {
    std::string out = "{";
    JsonMembers(out)
        .id("message", ticket.message)
        .id("reply", ticket.reply)
        .id("generation", ticket.generation);
    out += '}';
    return out;
}

}  // namespace kaiwa::api
