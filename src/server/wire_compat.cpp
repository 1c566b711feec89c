#include "server/wire_compat.hpp"

#include "server/outbound.hpp"
#include "server/provider_gate.hpp"
#include "store/dynamodb/store.hpp"
#include "store/gptgram/user_roles.hpp"
#include "store/langchain/langchain_history.hpp"

namespace kaiwa::server {

/// Tables of other systems, where the store's DynamoDB is.
struct Dialects::Tables {
    Tables(Settings const& settings, AwsGround& aws, Clock const& clock, Random& random, Log& log)
        : client(
              aws::make_client(aws.session(settings.dynamodb.profile),
                               aws::ServiceAddress{"dynamodb", "dynamodb", settings.dynamodb.region,
                                                   settings.dynamodb.endpoint},
                               store::dynamodb::dynamodb_retries())),
          calls(*client) {
        auto const& tables = settings.compat_tables;
        store::langchain::HistoryOptions options{tables.history, std::nullopt};
        if (tables.history_expires.count() > 0) options.expires_after = tables.history_expires;
        if (tables.langchain_history)
            history.emplace(calls, std::move(options), clock, random, log);
        if (!tables.roles.empty()) roles.emplace(calls, tables.roles, random, log);
    }

    std::unique_ptr<aws::ServiceClient> client;
    store::dynamodb::ServiceCalls calls;
    std::optional<store::langchain::LangchainHistory> history;
    std::optional<store::gptgram::UserRoles> roles;
};

namespace {

bool has_tables(CompatTables const& tables) {
    return tables.langchain_history || !tables.roles.empty();
}

}  // namespace

Dialects::Dialects(Settings const& settings, AwsGround& aws, Clock const& clock, Random& random,
                   Log& log)
    : tables_(has_tables(settings.compat_tables)
                  ? std::make_unique<Tables>(settings, aws, clock, random, aws.log())
                  : nullptr),
      client_(gate_, outbound_options(settings), log),
      keys_(client_, clock, log),
      tokens_(keys_, clock),
      quota_(clock) {}

Dialects::~Dialects() = default;

void Dialects::configure(Settings const& settings) {
    std::vector<std::pair<std::string, std::uint16_t>> hosts;
    for (auto const& dialect : settings.compat.dialects)
        if (auto host = host_and_port(dialect.tokens.issuer)) hosts.push_back(std::move(*host));
    gate_.set_hosts(std::move(hosts));
    auto told = std::make_shared<api::compat::Settings>(settings.compat);
    if (auto const before = told_.get())
        for (auto const dialect : api::compat::all_dialects)
            told->of(dialect).enabled = before->has(dialect);
    told_.set(std::move(told));
}

api::compat::Services Dialects::services(std::shared_ptr<api::Services const> api) {
    return {.api = std::move(api),
            .tokens = tokens_,
            .quota = quota_,
            .settings = [this] { return told_.get(); },
            .history = tables_ && tables_->history ? &*tables_->history : nullptr,
            .roles = tables_ && tables_->roles ? &*tables_->roles : nullptr};
}

}  // namespace kaiwa::server
