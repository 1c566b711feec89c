#include "server/turn_reports.hpp"

#include "base/json.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace kaiwa::server {
namespace {

std::string_view name_of(chat::GenerationState state) {
    switch (state) {
        case chat::GenerationState::running: return "running";
        case chat::GenerationState::done: return "done";
        case chat::GenerationState::stopped: return "stopped";
        case chat::GenerationState::interrupted: return "interrupted";
        case chat::GenerationState::failed: return "failed";
    }
    return "failed";
}

std::int64_t or_zero(std::optional<std::chrono::milliseconds> time) {
    return time ? time->count() : 0;
}

}  // namespace

std::string embedded_metrics(chat::TurnReport const& report, std::string_view provider,
                             Timestamp now) {
    json::array metrics;
    json::object line;
    auto const add = [&](std::string_view name, std::string_view unit, std::int64_t value) {
        metrics.push_back(json::object{{"Name", name}, {"Unit", unit}});
        line[name] = value;
    };
    add("Turns", "Count", 1);
    add("FailedTurns", "Count", report.state == chat::GenerationState::failed ? 1 : 0);
    add("TurnTime", "Milliseconds", report.total.count());
    if (report.first_token) add("FirstTokenTime", "Milliseconds", report.first_token->count());
    if (report.usage) {
        add("InputTokens", "Count", static_cast<std::int64_t>(report.usage->input_tokens));
        add("OutputTokens", "Count", static_cast<std::int64_t>(report.usage->output_tokens));
    }
    json::array const by_service{"Service"};
    json::array const by_provider{"Service", "Provider"};
    json::object const directive{{"Namespace", "Kaiwa"},
                                 {"Dimensions", json::array{by_service, by_provider}},
                                 {"Metrics", std::move(metrics)}};
    line["_aws"] = json::object{{"Timestamp", now.time_since_epoch().count()},
                                {"CloudWatchMetrics", json::array{directive}}};
    line["Service"] = "kaiwa";
    line["Provider"] = provider;
    line["State"] = name_of(report.state);
    line["Generation"] = report.generation.text();
    return json::serialize(line);
}

void TurnReports::tell(chat::TurnReport const& report) const {
    auto const model = catalogue_.find(report.model);
    auto const provider = model ? std::string_view(model->provider_name) : "unknown";
    log_.info("turn",
              {{"generation", report.generation.text()},
               {"thread", report.thread.text()},
               {"principal", report.who.text()},
               {"provider", provider},
               {"model", model ? std::string_view(report.model) : std::string_view()},
               {"state", name_of(report.state)},
               {"finish", report.finish},
               {"failure", report.failure ? llm::to_string(*report.failure) : std::string_view()},
               {"why", report.failure_for_operator},
               {"first_token_ms", or_zero(report.first_token)},
               {"ms", report.total.count()},
               {"input_tokens", report.usage ? report.usage->input_tokens : 0},
               {"output_tokens", report.usage ? report.usage->output_tokens : 0}});
    if (metrics_ != LoggedMetrics::emf) return;
    auto const line = embedded_metrics(report, provider, clock_.now()) + "\n";
    // One write a line keeps lines of several threads whole.
    [[maybe_unused]] auto const written = ::write(STDOUT_FILENO, line.data(), line.size());
}

}  // namespace kaiwa::server
