#include "store/gptgram/user_roles.hpp"

namespace kaiwa::store::gptgram {
namespace {

dynamodb::Item key_of(std::string const& subject) {
    return {{"UserID", subject}};
}

}  // namespace

asio::awaitable<Result<std::optional<std::string>>> UserRoles::role(std::string subject) {
    auto item = co_await table_.get(key_of(subject));
    if (!item) co_return std::unexpected(item.error());
    if (!*item) co_return std::optional<std::string>();
    co_return dynamodb::optional_string(**item, "Role");
}

asio::awaitable<Result<void>> UserRoles::put_role(std::string subject, std::string role) {
    dynamodb::Aliases aliases;
    dynamodb::Update update(aliases);
    update.set("Role", std::move(role));
    auto text = update.text();
    auto written = co_await table_.update(key_of(subject), std::move(aliases), std::move(text), {});
    if (!written) co_return std::unexpected(written.error());
    co_return Result<void>{};
}

asio::awaitable<Result<void>> UserRoles::remove_role(std::string subject) {
    co_return co_await table_.remove(key_of(subject));
}

}  // namespace kaiwa::store::gptgram
