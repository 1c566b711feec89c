#include "providers/common/event_scanner.hpp"

#include <cstring>

namespace kaiwa::providers {

void EventScanner::feed(std::string_view bytes) {
    if (too_large_) return;
    fed_ = true;
    has_cr_ = has_cr_ || bytes.contains('\r');
    if (carry_.empty()) {
        rest_ = bytes;
        return;
    }
    carry_.append(bytes);
    rest_ = carry_;
}

std::optional<ScannedEvent> EventScanner::next() {
    if (!fed_) return std::nullopt;
    if (data_lines_ > 0 && line_ == 0) forget_event();  // returned by the call before
    while (auto const line = next_line()) {
        if (!line->empty()) {
            take_field(*line);
            if (data_lines_ == 0 && !has_type_) forget_event();
            continue;
        }
        if (data_lines_ == 0) {
            forget_event();
            continue;
        }
        auto const whole = event();
        rest_.remove_prefix(line_);
        line_ = scan_ = 0;
        return whole;
    }
    keep_rest();
    return std::nullopt;
}

std::optional<ScannedEvent> EventScanner::last() {
    if (carry_.empty() || too_large_) return std::nullopt;
    rest_ = carry_;
    if (line_ < rest_.size()) take_field(rest_.substr(line_));
    if (data_lines_ == 0) return std::nullopt;
    return event();
}

std::optional<std::string_view> EventScanner::next_line() {
    if (after_cr_ && line_ < rest_.size()) {
        if (rest_[line_] == '\n') scan_ = ++line_;
        after_cr_ = false;
    }
    auto const* const begin = rest_.data();
    auto const* const from = begin + scan_;
    auto const size = rest_.size() - scan_;
    if (size == 0) return std::nullopt;
    auto const* end = static_cast<char const*>(std::memchr(from, '\n', size));
    if (has_cr_) {
        auto const before = end ? static_cast<std::size_t>(end - from) : size;
        if (auto const* cr = static_cast<char const*>(std::memchr(from, '\r', before))) end = cr;
    }
    if (end == nullptr) {
        scan_ = rest_.size();
        return std::nullopt;
    }
    auto line = rest_.substr(line_, static_cast<std::size_t>(end - begin) - line_);
    after_cr_ = *end == '\r';
    line_ = scan_ = static_cast<std::size_t>(end - begin) + 1;
    if (first_line_) {
        first_line_ = false;
        if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    }
    return line;
}

EventScanner::Span EventScanner::span_of(std::string_view part) const {
    return {static_cast<std::size_t>(part.data() - rest_.data()), part.size()};
}

void EventScanner::take_field(std::string_view line) {
    auto const colon = line.find(':');
    auto const name = line.substr(0, colon);
    auto value = colon == line.npos ? line.substr(line.size()) : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "data") {
        add_data(value);
    } else if (name == "event") {
        type_ = span_of(value);
        has_type_ = true;
    } else if (name == "error" && data_lines_ == 0) {
        add_data(value);
        is_error_ = true;
    }
}

void EventScanner::add_data(std::string_view value) {
    if (++data_lines_ == 1) {
        data_ = span_of(value);
        return;
    }
    if (data_lines_ == 2) joined_ = rest_.substr(data_.from, data_.size);
    joined_ += '\n';
    joined_ += value;
}

ScannedEvent EventScanner::event() const {
    ScannedEvent result;
    if (is_error_) {
        result.type = "error";
    } else if (has_type_) {
        result.type = rest_.substr(type_.from, type_.size);
    }
    result.data =
        data_lines_ > 1 ? std::string_view(joined_) : rest_.substr(data_.from, data_.size);
    return result;
}

void EventScanner::forget_event() {
    rest_.remove_prefix(line_);
    line_ = scan_ = 0;
    data_lines_ = 0;
    has_type_ = is_error_ = false;
}

void EventScanner::keep_rest() {
    fed_ = false;
    if (rest_.size() > max_event_bytes_) {
        too_large_ = true;
        rest_ = {};
        carry_.clear();
        return;
    }
    if (rest_.empty()) {
        carry_.clear();
        if (carry_.capacity() > 4096) carry_.shrink_to_fit();
    } else if (!carry_.empty()) {
        carry_.erase(0, carry_.size() - rest_.size());
    } else {
        carry_.assign(rest_);
    }
    rest_ = {};
}

}  // namespace kaiwa::providers
