#include "http/sse_decoder.hpp"

#include <utility>

namespace kaiwa::http {

Result<std::vector<SseEvent>> SseDecoder::feed(std::string_view bytes) {
    std::vector<SseEvent> events;
    for (char c : bytes) {
        bool const is_second_half_of_crlf = std::exchange(after_cr_, c == '\r') && c == '\n';
        if (is_second_half_of_crlf) continue;

        if (c == '\r' || c == '\n') {
            end_line(events);
        } else {
            line_.push_back(c);
        }
        if (line_.size() + data_.size() > max_event_bytes_) {
            return fail(Errc::too_large, "server-sent event exceeds the limit");
        }
    }
    return events;
}

void SseDecoder::end_line(std::vector<SseEvent>& events) {
    std::string const line = std::exchange(line_, {});
    std::string_view rest = line;
    if (std::exchange(first_line_, false) && rest.starts_with("\xEF\xBB\xBF"))
        rest.remove_prefix(3);

    if (rest.empty()) return end_event(events);

    auto const colon = rest.find(':');
    auto const field = rest.substr(0, colon);
    auto value = colon == rest.npos ? std::string_view{} : rest.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);

    if (field == "data") {
        data_.append(value).push_back('\n');
    } else if (field == "event") {
        type_ = value;
    } else if (field == "id" && !value.contains('\0')) {
        last_id_ = value;
    }
    // Comments (an empty field name) and unknown fields are skipped.
}

void SseDecoder::end_event(std::vector<SseEvent>& events) {
    auto type = std::exchange(type_, {});
    auto data = std::exchange(data_, {});
    if (data.empty()) return;

    data.pop_back();
    if (type.empty()) type = "message";
    events.push_back({std::move(type), std::move(data), last_id_});
}

}  // namespace kaiwa::http
