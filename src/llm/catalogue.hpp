#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"
#include "base/wait.hpp"
#include "kaiwa/error.hpp"
#include "llm/activity.hpp"
#include "llm/chat_model.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kaiwa::llm {

/// Where a provider was named: decides whether the page may change it.
enum class ProviderOrigin { configuration, store, found };

struct ProviderConfig {
    std::string name;  ///< [a-z0-9][a-z0-9-]{0,31}; models are called name/id.
    std::string kind;  ///< "openai", "anthropic", "bedrock", "custom" or "builtin".
    std::string base_url;
    Secret api_key;
    std::vector<std::string> models;  ///< Patterns with `*` and `?`; empty: all that are listed.
    std::map<std::string, std::string> options;  ///< What only one kind knows (region, profile, …).
    ProviderOrigin origin = ProviderOrigin::configuration;
    /// A key is stored that cannot be opened: the provider is not called until it has another.
    bool is_key_lost = false;
};

enum class ModelState { ready, unreachable, denied };

struct CatalogueModel {
    std::string id;  ///< "local/qwen3".
    std::string provider;
    ModelInfo info;
    ModelState state = ModelState::ready;
    /// Why it is not ready, or what to know of its provider's list: for everybody who may ask it.
    std::string reason;
    std::optional<FailureClass> reason_class;  ///< Of the failure behind `reason`, where one is.
};

struct ProviderStatus {
    ProviderConfig config;
    enum class State { unknown, ready, unreachable, denied } state = State::unknown;
    std::string reason;  ///< As `Failure::for_operator` has it, like `last_error`.
    std::optional<FailureClass> reason_class;  ///< Of the failure behind `reason`, where one is.
    std::optional<std::chrono::milliseconds> latency;
    std::size_t model_count = 0;
    std::optional<Timestamp> checked_at;
    std::string last_error;
    std::optional<FailureClass> last_error_class;
};

/// A model to call: the provider that serves it, kept alive for the call.
struct ModelRef {
    std::shared_ptr<ChatModel> provider;
    std::string provider_name;
    ModelInfo info;
    std::string id;  ///< "local/qwen3".
};

/// How one call to a model of a provider ended.
struct CallEnd {
    /// From asking to the first text or reasoning; unset when none came.
    std::optional<std::chrono::milliseconds> first_token;
    /// Null when it was answered; of class `cancelled` when nobody wanted the answer any more.
    Failure const* failure = nullptr;
};

/// The models that can be chosen, over all providers. Discovers them in the background and again
/// every 60 s (with back-off for providers that fail); a model that is named without a wildcard is
/// listed even when its server is down, as unreachable with the reason. Thread-safe.
class Catalogue {
public:
    using MakeModel = std::function<Result<std::shared_ptr<ChatModel>>(ProviderConfig const&)>;

    Catalogue(MakeModel make, Clock const& clock, Log& log);
    ~Catalogue();

    /// Replaces all providers (start, reload, change in the page). Providers that did not change
    /// keep their state. Fails with `invalid_argument` naming the provider.
    Result<void> set_providers(std::vector<ProviderConfig> providers);

    /// Finds the model by its full id. A model that is not discovered but whose provider exists is
    /// found too: it may be new, or named in the configuration. Fails with `not_found`.
    [[nodiscard]] Result<ModelRef> find(std::string_view id) const;

    /// All models; waits up to `patience` for providers that were never asked yet. Asks those again
    /// whose time has come, without waiting: where nobody runs `keep_fresh()`, the next call knows.
    asio::awaitable<std::vector<CatalogueModel>> models(std::chrono::milliseconds patience);
    /// Waits until nobody is being asked, at most until `deadline`.
    asio::awaitable<void> settle(SteadyTime deadline);

    /// All models as known now, asking nobody.
    [[nodiscard]] std::vector<CatalogueModel> known_models() const;

    [[nodiscard]] std::vector<ProviderStatus> providers() const;

    /// What a call just learned: keeps the live status honest between two refreshes, and counts.
    void report(std::string_view provider, CallEnd const& end);

    /// The newest `number` periods of `length` of a provider, see `Activity::periods()`. What a
    /// change of the provider made of it keeps its figures; they go with the provider and the
    /// process. Fails with `not_found`.
    [[nodiscard]] Result<std::vector<ActivityPeriod>> activity(std::string_view provider,
                                                               std::chrono::minutes length,
                                                               std::size_t number) const;

    /// Refreshes until stopped; run it as a task on one loop.
    asio::awaitable<void> keep_fresh();
    /// Asks every provider now.
    asio::awaitable<void> refresh();

    struct TestResult {
        std::chrono::milliseconds latency{};
        std::vector<ModelInfo> models;
    };
    /// Tries a provider that need not be in the catalogue.
    asio::awaitable<Outcome<TestResult>> test(ProviderConfig config);

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;  // a question to a slow provider may outlive the catalogue
};

/// Keeps the providers that people add in the page; secrets are sealed by the implementation.
class ProviderStore {
public:
    virtual ~ProviderStore() = default;
    virtual asio::awaitable<Result<std::vector<ProviderConfig>>> providers() = 0;
    /// Adds or replaces by name. One whose key is lost stays so.
    virtual asio::awaitable<Result<void>> put_provider(ProviderConfig provider) = 0;
    /// Fails with `not_found`.
    virtual asio::awaitable<Result<void>> remove_provider(std::string name) = 0;
};

}  // namespace kaiwa::llm
