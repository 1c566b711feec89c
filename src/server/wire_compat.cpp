#include "server/wire_compat.hpp"

#include "server/outbound.hpp"
#include "server/provider_gate.hpp"

namespace kaiwa::server {

Dialects::Dialects(Settings const& settings, Clock const& clock, Log& log)
    : client_(gate_, outbound_options(settings), log),
      keys_(client_, clock, log),
      tokens_(keys_, clock),
      quota_(clock) {}

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
    return {.api = std::move(api), .tokens = tokens_, .quota = quota_, .settings = [this] {
                return told_.get();
            }};
}

}  // namespace kaiwa::server
