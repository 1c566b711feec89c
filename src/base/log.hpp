#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace kaiwa {

/// One named value of a log line; one without text is left out. Prompts, answers, keys and tokens never are one.
struct LogField {
    std::string_view name;
    std::variant<std::string, std::int64_t, double, bool> value;

    LogField(std::string_view n, std::string v) : name(n), value(std::move(v)) {}
    LogField(std::string_view n, std::string_view v) : name(n), value(std::string(v)) {}
    LogField(std::string_view n, char const* v) : name(n), value(std::string(v)) {}
    LogField(std::string_view n, bool v) : name(n), value(v) {}
    LogField(std::string_view n, double v) : name(n), value(v) {}
    template <std::integral T>
    LogField(std::string_view n, T v) : name(n), value(static_cast<std::int64_t>(v)) {}
};

enum class LogLevel { debug, info, warning, error };

/// Writes lines about what happens, one event a line. Thread-safe; never throws, never blocks long.
class Log {
public:
    virtual ~Log() = default;
    virtual void write(LogLevel level, std::string_view event,
                       std::initializer_list<LogField> fields) noexcept = 0;

    void debug(std::string_view event, std::initializer_list<LogField> fields = {}) noexcept {
        write(LogLevel::debug, event, fields);
    }
    void info(std::string_view event, std::initializer_list<LogField> fields = {}) noexcept {
        write(LogLevel::info, event, fields);
    }
    void warning(std::string_view event, std::initializer_list<LogField> fields = {}) noexcept {
        write(LogLevel::warning, event, fields);
    }
    void error(std::string_view event, std::initializer_list<LogField> fields = {}) noexcept {
        write(LogLevel::error, event, fields);
    }
};

enum class LogFormat { text, json };

/// Standard error, for people or as JSON lines; control characters are escaped in both.
class StderrLog final : public Log {
public:
    StderrLog(LogFormat format, LogLevel least) : format_(format), least_(least) {}
    void write(LogLevel level, std::string_view event,
               std::initializer_list<LogField> fields) noexcept override;

private:
    LogFormat format_;
    LogLevel least_;
};

/// Drops everything; for tests and tools.
class NullLog final : public Log {
public:
    void write(LogLevel, std::string_view, std::initializer_list<LogField>) noexcept override {}
};

}  // namespace kaiwa
