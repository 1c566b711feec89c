#include "server/late_key_model.hpp"

#include <utility>

namespace kaiwa::server {

asio::awaitable<llm::Outcome<std::shared_ptr<llm::ChatModel>>> LateKeyModel::model() {
    auto key = co_await book_.get(reference_);
    if (!key) {
        auto const kind = key.error().code == Errc::cancelled ? llm::FailureClass::cancelled
                                                              : llm::FailureClass::auth;
        auto failure = llm::make_failure(
            kind, "the provider's key cannot be read now; the server's log says why", "no_key");
        failure.for_operator = std::move(key.error().message);
        co_return std::unexpected(std::move(failure));
    }
    std::lock_guard const lock(mutex_);
    if (model_ && key_.reveal() == key->reveal()) co_return model_;
    auto config = config_;
    config.api_key = *key;
    auto made = make_(config);
    if (!made) {
        co_return std::unexpected(
            llm::make_failure(llm::FailureClass::invalid, made.error().message));
    }
    key_ = std::move(*key);
    model_ = std::move(*made);
    co_return model_;
}

asio::awaitable<llm::Outcome<std::unique_ptr<llm::CompletionStream>>> LateKeyModel::start(
    llm::CompletionRequest request) {
    auto const made = co_await model();
    if (!made) co_return std::unexpected(made.error());
    co_return co_await (*made)->start(std::move(request));
}

asio::awaitable<llm::Outcome<std::vector<llm::ModelInfo>>> LateKeyModel::list() {
    auto const made = co_await model();
    if (!made) co_return std::unexpected(made.error());
    co_return co_await (*made)->list();
}

}  // namespace kaiwa::server
