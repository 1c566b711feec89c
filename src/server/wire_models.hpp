#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/wait.hpp"
#include "http/client.hpp"
#include "llm/catalogue.hpp"
#include "providers/openai/local_servers.hpp"
#include "server/provider_gate.hpp"
#include "server/secret_book.hpp"
#include "server/settings.hpp"
#include "server/wire_aws.hpp"
#include "server/wire_bedrock.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace kaiwa::server {

/// The models: providers of the configuration, of the page and found on this machine, brought
/// together in the catalogue.
class Models {
public:
    Models(llm::ProviderStore& store, Settings const& settings, AwsGround& aws, Clock const& clock,
           Random& random, Log& log);

    /// Takes the configuration's providers and default model; at the start and on reload. A failure
    /// leaves everything as it was.
    Result<void> configure(Settings const& settings);

    /// Reads the providers that the page added and gives all there are to the catalogue. Fails with
    /// `invalid_argument` when a new one cannot be used; the others are there all the same.
    asio::awaitable<Result<void>> reload();
    /// Whether the provider of `model`, as a request names it, is there, also at another replica;
    /// true while nobody can tell.
    asio::awaitable<bool> knows(std::string model);
    /// Keeps the catalogue fresh, looks for stored providers of other replicas every 4 s and for
    /// model servers on this machine every minute, until stopped.
    asio::awaitable<void> keep_fresh();

    /// Reads the stored providers unless that was done within the last seconds, and, where no
    /// default model is configured, waits up to 2 s for providers that were never asked what they
    /// have. A failure is logged: what was known before stays.
    asio::awaitable<void> catch_up();

    /// Servers on this machine that neither the configuration nor the page names.
    asio::awaitable<std::vector<providers::FoundServer>> find_servers();

    /// The model of a turn that names none: the configured one, else the first that is ready. Once
    /// it is known that no provider has the configured one, it is not taken, which the log says.
    [[nodiscard]] std::string default_model() const;
    /// Tells the log, once, when the configured default cannot be what it is meant to be;
    /// `keep_fresh()` does it by itself.
    void look_for_default();

    [[nodiscard]] llm::Catalogue& catalogue() { return catalogue_; }
    [[nodiscard]] http::Client& client() { return client_; }

private:
    /// Where providers come from.
    struct Lists {
        std::vector<llm::ProviderConfig> configured;
        std::vector<llm::ProviderConfig> stored;
        std::vector<providers::FoundServer> found;
    };

    Result<std::shared_ptr<llm::ChatModel>> make(llm::ProviderConfig const& config);
    [[nodiscard]] Lists lists() const;
    void open_gate(Lists const& lists);
    /// Gives the providers of `lists` to the catalogue; what cannot be used leaves all as it was.
    /// With `changing_` held.
    Result<void> take(Lists lists);
    Result<void> take_found(std::vector<providers::FoundServer> found);
    /// Whether no provider has `model`, with all of them known.
    [[nodiscard]] bool lacks(std::string const& model) const;
    /// Whether a read of the stored providers that began as number `read` is the newest so far.
    bool is_newest(std::uint64_t read);

    llm::ProviderStore& store_;
    Random& random_;
    Log& log_;
    ProviderGate gate_;
    http::Client client_;
    providers::BedrockServices bedrock_;
    SecretBook secrets_;
    std::vector<std::string> const
        places_;  ///< Where servers of this machine listen by themselves.
    llm::Catalogue catalogue_;

    std::mutex changing_;  // from reading lists_ to the catalogue's taking what comes of it
    std::uint64_t newest_read_ = 0;  // with changing_ held
    std::atomic<std::uint64_t> reads_ = 0;
    std::atomic<bool> stored_known_ = false;  // they were read
    std::atomic<bool> searching_ = false;  // for servers of this machine, for the first time
    mutable std::mutex mutex_;  // guards what follows; taken inside changing_
    SteadyTime caught_up_{};
    std::string default_model_;
    std::string told_missing_;  // what the log was told of it
    Lists lists_;
};

}  // namespace kaiwa::server
