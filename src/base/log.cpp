#include "base/log.hpp"

#include "base/clock.hpp"
#include "base/json.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace kaiwa {
namespace {

std::string_view name_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug: return "debug";
        case LogLevel::info: return "info";
        case LogLevel::warning: return "warning";
        case LogLevel::error: return "error";
    }
    return "error";
}

struct AppendValue {
    std::string& out;
    bool quote_always;

    void operator()(std::string const& text) const {
        bool const bare = !quote_always && !text.empty() &&
                          text.find_first_of(" \"\\=\n\r\t") == text.npos &&
                          text.find_first_of(std::string_view("\0\x1b\x7f", 3)) == text.npos;
        if (bare) {
            out += text;
        } else {
            append_json_string(out, text);
        }
    }
    void operator()(std::int64_t number) const { out += std::to_string(number); }
    void operator()(double number) const { out += fmt::format("{:.6g}", number); }
    void operator()(bool flag) const { out += flag ? "true" : "false"; }
};

bool is_empty(LogField const& field) {
    auto const* text = std::get_if<std::string>(&field.value);
    return text && text->empty();
}

std::string as_json(LogLevel level, std::string_view event,
                    std::initializer_list<LogField> fields) {
    std::string line = "{\"time\":\"" + to_rfc3339(SystemClock().now()) + "\",\"level\":\"";
    line += name_of(level);
    line += "\",\"event\":";
    append_json_string(line, event);
    for (auto const& field : fields) {
        if (is_empty(field)) continue;
        line += ',';
        append_json_string(line, field.name);
        line += ':';
        std::visit(AppendValue{line, true}, field.value);
    }
    return line + "}\n";
}

std::string as_text(LogLevel level, std::string_view event,
                    std::initializer_list<LogField> fields) {
    auto line = fmt::format("{} {:<7} {}", to_rfc3339(SystemClock().now()), name_of(level), event);
    for (auto const& field : fields) {
        if (is_empty(field)) continue;
        line += ' ';
        line += field.name;
        line += '=';
        std::visit(AppendValue{line, false}, field.value);
    }
    line += '\n';
    return line;
}

}  // namespace

void StderrLog::write(LogLevel level, std::string_view event,
                      std::initializer_list<LogField> fields) noexcept {
    if (level < least_) return;
    try {
        auto const line =
            format_ == LogFormat::json ? as_json(level, event, fields) : as_text(level, event, fields);
        // One write a line keeps lines of several threads whole.
        [[maybe_unused]] auto const written = ::write(STDERR_FILENO, line.data(), line.size());
    } catch (...) {
        // A log line that cannot be made is not worth more.
    }
}

}  // namespace kaiwa
