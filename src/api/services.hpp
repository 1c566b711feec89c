#pragma once

#include "api/metrics.hpp"
#include "api/site.hpp"
#include "auth/authenticator.hpp"
#include "auth/first_administrator.hpp"
#include "auth/user_administration.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "chat/chat_store.hpp"
#include "chat/notices.hpp"
#include "chat/turn_service.hpp"
#include "llm/catalogue.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kaiwa::api {

/// A suggestion for an empty conversation.
struct Starter {
    std::string title;
    std::string prompt;
};

struct UploadRules {
    enum class State { enabled, disabled } state = State::enabled;
    std::vector<std::string> types{"image/*"};  ///< Media types; `*` for every subtype.
    std::size_t max_files = 20;                 ///< A message may carry.
    std::uint64_t max_bytes = 524'288'000;      ///< Of one file.
};

/// What the routes tell and enforce of the configuration; replaced whole by a reload.
struct Settings {
    std::string version;
    std::string greeting;
    std::vector<Starter> starters;
    std::optional<std::string> default_model;
    UploadRules uploads;
    Site site;
};

/// A model server that runs on this machine and is not yet a provider.
struct FoundServer {
    std::string kind;   ///< As `llm::ProviderConfig::kind`.
    std::string label;  ///< "Ollama", "llama.cpp".
    std::string base_url;
    std::vector<std::string> models;
};

/// What the routes work with. Everything referred to outlives the router and is thread-safe.
struct Services {
    auth::Authenticator& authenticator;
    auth::UserAdministration& users;
    auth::FirstAdministrator& first_administrator;
    chat::TurnService& turns;
    chat::ChatStore& chats;
    chat::MessageSearch& search;
    chat::BlobStore& blobs;
    chat::Notices& notices;
    llm::Catalogue& catalogue;
    llm::ProviderStore& providers;
    Metrics& metrics;
    Clock const& clock;
    Random& random;
    Log& log;
    /// As of now; called once a request.
    std::function<std::shared_ptr<Settings const>()> settings;
    /// What a turn takes, as of now, where neither it nor its thread names a model; empty when
    /// nobody knows one.
    std::function<std::string()> default_model;
    /// Reads the stored providers and gives all there are to the catalogue.
    std::function<asio::awaitable<Result<void>>()> reload_providers;
    std::function<asio::awaitable<std::vector<FoundServer>>()> find_servers;
    /// Whether the store takes changes; unset: it does.
    std::function<asio::awaitable<bool>()> takes_changes{};
};

}  // namespace kaiwa::api
