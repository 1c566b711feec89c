#include "server/reload.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace kaiwa::server {
namespace {

bool is_read_at_the_start(std::string_view path) {
    constexpr std::array<std::string_view, 10> beginnings{
        "server.", "limits.",          "uploads.",       "log.",
        "store.",  "files.",           "lambda.",        "secret",
        "compat.endpoints", "compat.history"};
    return path == "compat.gptgram.roles_table" ||
           std::ranges::any_of(beginnings, [&](auto beginning) { return path.starts_with(beginning); });
}

std::string_view revealed(std::optional<Secret> const& secret) {
    return secret ? std::string_view(secret->reveal()) : std::string_view();
}

}  // namespace

std::vector<std::string> waiting_for_a_start(Configuration const& started,
                                             Configuration const& now) {
    std::vector<std::string> waiting;
    for (auto const& value : now.explained) {
        if (!is_read_at_the_start(value.path)) continue;
        auto const before = std::ranges::find(started.explained, value.path, &ExplainedValue::path);
        bool const same = before != started.explained.end() && before->value == value.value;
        // What AWS keeps is named in the open, and read once.
        bool const hides_a_change = value.path == "secret" &&
                                    now.settings.sealing_secret_from.empty() &&
                                    revealed(started.settings.sealing_secret) !=
                                        revealed(now.settings.sealing_secret);
        if (!same || hides_a_change) waiting.push_back(value.path);
    }
    return waiting;
}

void keep_of_the_start(Settings& now, Settings const& started) {
    now.public_url = started.public_url;
    now.allowed_hosts = started.allowed_hosts;
    now.uploads_enabled = started.uploads_enabled;
    now.upload_types = started.upload_types;
    now.max_files = started.max_files;
    now.max_file_bytes = started.max_file_bytes;
}

}  // namespace kaiwa::server
