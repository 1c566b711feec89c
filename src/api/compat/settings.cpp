#include "api/compat/settings.hpp"

#include <algorithm>

namespace kaiwa::api::compat {

std::string_view to_string(Dialect dialect) {
    switch (dialect) {
        case Dialect::lambda_url:
            return "lambda-url";
        case Dialect::simplechat:
            return "simplechat";
        case Dialect::gptgram:
            return "gptgram";
        case Dialect::private_rag:
            return "private-rag";
    }
    return "";
}

std::optional<Dialect> parse_dialect(std::string_view name) {
    for (auto const dialect : all_dialects)
        if (name == to_string(dialect)) return dialect;
    return std::nullopt;
}

std::optional<PrincipalKind> parse_principal_kind(std::string_view name) {
    constexpr std::array names{"api-key", "issuer", "iam", "anonymous"};
    auto const found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<PrincipalKind>(found - names.begin());
}

Settings default_settings() {
    Settings settings;
    auto& url = settings.of(Dialect::lambda_url).turn;
    url.max_tokens = 1000;
    url.temperature = 0.5;
    auto& gptgram = settings.of(Dialect::gptgram).turn;
    gptgram.max_tokens = 300;
    gptgram.system_prompt = "Answer briefly and to the point.";
    return settings;
}

}  // namespace kaiwa::api::compat
