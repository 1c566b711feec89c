#pragma once

#include "llm/catalogue.hpp"
#include "server/secret_book.hpp"

#include <memory>
#include <mutex>

namespace kaiwa::server {

/// A provider whose key AWS keeps: the key is read with the first call, and what speaks with the
/// provider is made anew when the key has changed. While it cannot be read, calls fail saying why.
class LateKeyModel final : public llm::ChatModel {
public:
    /// `book` outlives it.
    LateKeyModel(llm::ProviderConfig config, std::string reference, SecretBook& book,
                 llm::Catalogue::MakeModel make)
        : config_(std::move(config)),
          reference_(std::move(reference)),
          book_(book),
          make_(std::move(make)) {}

    asio::awaitable<llm::Outcome<std::unique_ptr<llm::CompletionStream>>> start(
        llm::CompletionRequest request) override;
    asio::awaitable<llm::Outcome<std::vector<llm::ModelInfo>>> list() override;
    [[nodiscard]] std::optional<llm::Failure> notice() const override {
        std::lock_guard const lock(mutex_);
        return model_ ? model_->notice() : std::nullopt;
    }

private:
    asio::awaitable<llm::Outcome<std::shared_ptr<llm::ChatModel>>> model();

    llm::ProviderConfig const config_;
    std::string const reference_;
    SecretBook& book_;
    llm::Catalogue::MakeModel make_;
    mutable std::mutex mutex_;
    Secret key_;
    std::shared_ptr<llm::ChatModel> model_;  // made with key_
};

}  // namespace kaiwa::server
