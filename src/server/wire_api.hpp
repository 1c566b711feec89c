#pragma once

#include "api/services.hpp"
#include "chat/model_responder.hpp"
#include "http/router.hpp"
#include "server/settings.hpp"
#include "server/wire_auth.hpp"
#include "server/wire_models.hpp"
#include "server/wire_store.hpp"

#include <memory>
#include <mutex>

namespace kaiwa::server {

/// The program's version, e.g. "0.1.0".
[[nodiscard]] std::string_view version();

/// What the routes tell of the configuration.
[[nodiscard]] Result<std::shared_ptr<api::Settings const>> api_settings(Settings const& settings);

/// A value that a reload replaces while requests read it. Thread-safe.
template <class T>
class Replaceable {
public:
    [[nodiscard]] std::shared_ptr<T> get() const {
        std::scoped_lock const lock(mutex_);
        return value_;
    }
    void set(std::shared_ptr<T> value) {
        std::scoped_lock const lock(mutex_);
        value_ = std::move(value);
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<T> value_;
};

/// The built-in responder with the instructions of the present configuration; a running turn keeps
/// those it began with.
class ConfiguredResponder final : public chat::Responder {
public:
    ConfiguredResponder(Stores& stores, chat::RecentBranches& recent, llm::Catalogue& catalogue)
        : stores_(stores), recent_(recent), catalogue_(catalogue) {}

    void configure(Settings const& settings);
    asio::awaitable<llm::Outcome<llm::FinishReason>> respond(chat::TurnContext const& turn,
                                                             chat::TurnSink& sink) override;

private:
    Stores& stores_;
    chat::RecentBranches& recent_;
    llm::Catalogue& catalogue_;
    Replaceable<chat::ModelResponder> current_;
};

/// Adds what the program itself can count.
void add_program_metrics(api::Metrics& metrics, chat::TurnService& turns);

}  // namespace kaiwa::server
