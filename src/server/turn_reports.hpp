#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "chat/turn_report.hpp"
#include "llm/catalogue.hpp"
#include "server/settings.hpp"

#include <string>
#include <string_view>

namespace kaiwa::server {

/// Tells the log how each turn ended: one line, and where asked for, its figures for CloudWatch.
class TurnReports {
public:
    TurnReports(LoggedMetrics metrics, llm::Catalogue const& catalogue, Clock const& clock,
                Log& log)
        : metrics_(metrics), catalogue_(catalogue), clock_(clock), log_(log) {}

    void tell(chat::TurnReport const& report) const;

private:
    LoggedMetrics metrics_;
    llm::Catalogue const& catalogue_;
    Clock const& clock_;
    Log& log_;
};

/// One line of CloudWatch's embedded metric format (CloudWatch User Guide, "Specification:
/// Embedded metric format"): `Turns`, `FailedTurns`, `FirstTokenTime`, `TurnTime`, `InputTokens`
/// and `OutputTokens` in the namespace `Kaiwa`, over all and by `Provider`. The provider is one of
/// the configuration or "unknown"; everything with more values is no dimension.
[[nodiscard]] std::string embedded_metrics(chat::TurnReport const& report,
                                           std::string_view provider, Timestamp now);

}  // namespace kaiwa::server
