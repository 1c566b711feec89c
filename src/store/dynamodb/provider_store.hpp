#pragma once

#include "llm/catalogue.hpp"
#include "store/dynamodb/engine.hpp"

namespace kaiwa::store::dynamodb {

class DynamoProviderStore final : public llm::ProviderStore {
public:
    explicit DynamoProviderStore(Engine engine) : engine_(engine) {}

    asio::awaitable<Result<std::vector<llm::ProviderConfig>>> providers() override;
    asio::awaitable<Result<void>> put_provider(llm::ProviderConfig provider) override;
    asio::awaitable<Result<void>> remove_provider(std::string name) override;

private:
    Engine engine_;
};

}  // namespace kaiwa::store::dynamodb
