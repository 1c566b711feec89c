#include "base/sparing_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>

namespace kaiwa {
namespace {

std::string text_of(std::string_view event, std::initializer_list<LogField> fields) {
    std::string text(event);
    for (auto const& field : fields) {
        if (field.name == "request") continue;
        std::visit(
            [&](auto const& value) {
                fmt::format_to(std::back_inserter(text), "\n{}={}", field.name, value);
            },
            field.value);
    }
    return text;
}

}  // namespace

bool SparingLog::is_left_out(std::string line, std::int64_t& left_out) {
    auto const now = clock_.now();
    std::lock_guard const lock(mutex_);
    auto const found = known_.find(line);
    if (found == known_.end()) {
        if (known_.size() == max_known)
            known_.erase(std::ranges::min_element(known_, {}, [](auto const& each) {
                return each.second.said_at;
            }));
        known_.emplace(std::move(line), Known{now});
        return false;
    }
    auto& known = found->second;
    if (now >= known.said_at && now < known.said_at + silence) {
        ++known.left_out;
        return true;
    }
    known.said_at = now;
    left_out = std::exchange(known.left_out, 0);
    return false;
}

void SparingLog::write(LogLevel level, std::string_view event,
                       std::initializer_list<LogField> fields) noexcept {
    std::int64_t left_out = 0;
    if (level >= LogLevel::warning) {
        try {
            if (is_left_out(text_of(event, fields), left_out)) return;
        } catch (std::bad_alloc const&) {
            left_out = 0;  // rather twice than not at all
        }
    }
    if (left_out > 0)
        log_.write(level, "lines_left_out", {{"event", event}, {"count", left_out}});
    log_.write(level, event, fields);
}

}  // namespace kaiwa
