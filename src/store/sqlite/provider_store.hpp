#pragma once

#include "llm/catalogue.hpp"
#include "store/sqlite/engine.hpp"

namespace kaiwa::store::sqlite {

/// The `ProviderStore` in the same SQLite file as the chats; keys are sealed under the name of
/// their provider.
class SqliteProviderStore final : public llm::ProviderStore {
public:
    explicit SqliteProviderStore(Engine engine) : engine_(engine) {}

    asio::awaitable<Result<std::vector<llm::ProviderConfig>>> providers() override;
    asio::awaitable<Result<void>> put_provider(llm::ProviderConfig provider) override;
    asio::awaitable<Result<void>> remove_provider(std::string name) override;

private:
    Engine engine_;
};

}  // namespace kaiwa::store::sqlite
