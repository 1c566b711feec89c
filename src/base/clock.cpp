#include "base/clock.hpp"

#include <fmt/format.h>

#include <charconv>

namespace kaiwa {
namespace {

/// Reads exactly `digits` decimal digits at `at`, or -1.
int number_at(std::string_view text, std::size_t at, std::size_t digits) {
    if (at + digits > text.size()) return -1;
    int value = 0;
    for (char c : text.substr(at, digits)) {
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

std::unexpected<Error> not_a_time() {
    return fail(Errc::invalid_argument, "expected a time such as 2026-01-02T03:04:05.006Z");
}

}  // namespace

Timestamp SystemClock::now() const {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string to_rfc3339(Timestamp time) {
    auto const day = std::chrono::floor<std::chrono::days>(time);
    std::chrono::year_month_day const date(day);
    std::chrono::hh_mm_ss const clock(time - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

Result<Timestamp> parse_rfc3339(std::string_view text) {
    using namespace std::chrono;
    auto const has = [&](std::size_t at, std::string_view any) {
        return at < text.size() && any.contains(text[at]);
    };
    int const y = number_at(text, 0, 4), mo = number_at(text, 5, 2), d = number_at(text, 8, 2);
    int const h = number_at(text, 11, 2), mi = number_at(text, 14, 2), s = number_at(text, 17, 2);
    bool const shaped = y >= 0 && mo >= 0 && d >= 0 && h >= 0 && mi >= 0 && s >= 0 && has(4, "-") &&
                        has(7, "-") && has(10, "Tt ") && has(13, ":") && has(16, ":");
    if (!shaped || h > 23 || mi > 59 || s > 60) return not_a_time();
    year_month_day const date(year(y), month(static_cast<unsigned>(mo)),
                              day(static_cast<unsigned>(d)));
    if (!date.ok()) return not_a_time();

    std::size_t at = 19;
    int millis = 0;
    if (has(at, ".")) {
        std::size_t digits = 0;
        for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++digits)
            if (digits < 3) millis = millis * 10 + (text[at] - '0');
        if (digits == 0 || digits > 9) return not_a_time();
        for (; digits < 3; ++digits) millis *= 10;
    }

    minutes offset{0};
    if (has(at, "Zz")) {
        ++at;
    } else if (has(at, "+-")) {
        int const oh = number_at(text, at + 1, 2), om = number_at(text, at + 4, 2);
        if (oh < 0 || oh > 23 || om < 0 || om > 59 || !has(at + 3, ":")) return not_a_time();
        offset = minutes(oh * 60 + om) * (text[at] == '-' ? -1 : 1);
        at += 6;
    } else {
        return not_a_time();
    }
    if (at != text.size()) return not_a_time();
    return sys_days(date) + hours(h) + minutes(mi) + seconds(s) + milliseconds(millis) - offset;
}

}  // namespace kaiwa
