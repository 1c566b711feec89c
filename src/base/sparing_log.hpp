#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace kaiwa {

/// Passes warnings and errors on once in ten seconds where they say the same, so that an outage
/// that fails every call does not flood the log; then "lines_left_out" tells of how many `event`s
/// before the next one. Fields called "request" may differ. All else passes at once.
class SparingLog final : public Log {
public:
    static constexpr std::chrono::seconds silence{10};
    static constexpr std::size_t max_known = 64;  ///< Lines told apart; one more forgets the oldest.

    /// Both outlive it.
    SparingLog(Log& log, Clock const& clock) : log_(log), clock_(clock) {}
    void write(LogLevel level, std::string_view event,
               std::initializer_list<LogField> fields) noexcept override;

private:
    struct Known {
        Timestamp said_at;
        std::int64_t left_out = 0;
    };
    bool is_left_out(std::string line, std::int64_t& left_out);

    Log& log_;
    Clock const& clock_;
    std::mutex mutex_;
    std::map<std::string, Known, std::less<>> known_;
};

}  // namespace kaiwa
