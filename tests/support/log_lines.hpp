#pragma once

#include "base/log.hpp"

#include <fmt/format.h>

#include <mutex>
#include <string>

namespace kaiwa::test {

/// Keeps what is logged: a line an event, "event name=text …", numbers left out.
class LogLines final : public Log {
public:
    void write(LogLevel, std::string_view event,
               std::initializer_list<LogField> fields) noexcept override {
        std::lock_guard const lock(mutex_);
        text_ += event;
        for (auto const& field : fields)
            if (auto const* value = std::get_if<std::string>(&field.value))
                text_ += fmt::format(" {}={}", field.name, *value);
        text_ += '\n';
    }
    [[nodiscard]] std::string text() const {
        std::lock_guard const lock(mutex_);
        return text_;
    }

private:
    mutable std::mutex mutex_;
    std::string text_;
};

}  // namespace kaiwa::test
