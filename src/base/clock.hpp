#pragma once

#include "kaiwa/error.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace kaiwa {

/// Wall-clock time in UTC with the precision that everything is stored and shown with.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

/// Tells the wall-clock time; injected so that tests can move it. Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Timestamp now() const = 0;
};

class SystemClock final : public Clock {
public:
    [[nodiscard]] Timestamp now() const override;
};

/// RFC 3339 in UTC with milliseconds, e.g. "2026-01-02T03:04:05.006Z".
[[nodiscard]] std::string to_rfc3339(Timestamp time);

/// Reads RFC 3339 with any offset and 0 to 9 fractional digits (cut to milliseconds).
[[nodiscard]] Result<Timestamp> parse_rfc3339(std::string_view text);

}  // namespace kaiwa
