#pragma once

#include "api/services.hpp"
#include "auth/credential_cache.hpp"
#include "auth/user_store.hpp"
#include "chat/chat_store.hpp"
#include "llm/catalogue.hpp"

#include <string>

namespace kaiwa::api {

// Each appends one JSON value: what the outside sees of a domain type.

void append_thread(std::string& out, chat::Thread const& thread);
/// As it stands in lists: without settings, with `running`.
void append_thread_item(std::string& out, chat::Thread const& thread);
void append_settings(std::string& out, chat::ThreadSettings const& settings);
void append_message(std::string& out, chat::Message const& message);
void append_file(std::string& out, chat::FileInfo const& file);
void append_hit(std::string& out, chat::SearchHit const& hit);
void append_session(std::string& out, auth::Session const& session,
                    std::optional<SessionId> const& current);
void append_key(std::string& out, auth::ApiKey const& key, Secret const* text);
void append_managed_user(std::string& out, auth::User const& user);
void append_model(std::string& out, llm::CatalogueModel const& model);
void append_provider(std::string& out, llm::ProviderStatus const& provider);
void append_activity(std::string& out, llm::ActivityPeriod const& period);
void append_found_server(std::string& out, FoundServer const& server);

/// `{"user":{…}}`
[[nodiscard]] std::string signed_in_json(auth::User const& user);
[[nodiscard]] std::string signed_in_json(auth::Caller const& caller);
[[nodiscard]] std::string ticket_json(chat::TurnTicket const& ticket);
[[nodiscard]] std::string thread_json(chat::Thread const& thread);

[[nodiscard]] std::string_view to_string(chat::MessageState state);

}  // namespace kaiwa::api
