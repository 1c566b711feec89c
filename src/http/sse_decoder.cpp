#include "http/sse_decoder.hpp"

#include <algorithm>
#include <utility>

namespace kaiwa::http {

namespace {

/// Finds the ends of lines, looking at every byte once however CR and LF are mixed.
class LineEnds {
public:
    explicit LineEnds(std::string_view bytes)
        : bytes_(bytes), lf_(bytes.find('\n')), cr_(bytes.find('\r')) {}

    /// The first CR or LF at or after `from`, which never goes back.
    std::size_t next(std::size_t from) {
        if (lf_ < from) lf_ = bytes_.find('\n', from);
        if (cr_ < from) cr_ = bytes_.find('\r', from);
        return std::min(lf_, cr_);
    }

private:
    std::string_view bytes_;
    std::size_t lf_;
    std::size_t cr_;
};

}  // namespace

Result<std::vector<SseEvent>> SseDecoder::feed(std::string_view bytes) {
    std::vector<SseEvent> events;
    auto const fed = feed(bytes, events);
    if (!fed) return std::unexpected(fed.error());
    return events;
}

Result<void> SseDecoder::feed(std::string_view bytes, std::vector<SseEvent>& events) {
    if (bytes.empty()) return {};
    if (std::exchange(after_cr_, false) && bytes.front() == '\n') bytes.remove_prefix(1);

    LineEnds ends(bytes);
    for (std::size_t at = 0; at < bytes.size();) {
        auto const end = ends.next(at);
        auto const piece = bytes.substr(at, end - at);
        if (line_.size() + piece.size() + data_.size() > max_event_bytes_) {
            return fail(Errc::too_large, "server-sent event exceeds the limit");
        }
        if (end == bytes.npos) {
            line_.append(piece);
            break;
        }
        if (line_.empty()) {
            end_line(piece, events);  // the usual case: nothing is copied
        } else {
            line_.append(piece);
            end_line(line_, events);
            line_.clear();
        }
        at = end + 1;
        if (bytes[end] == '\n') continue;
        if (at == bytes.size()) {
            after_cr_ = true;
        } else if (bytes[at] == '\n') {
            ++at;
        }
    }
    return {};
}

void SseDecoder::end_line(std::string_view line, std::vector<SseEvent>& events) {
    if (std::exchange(first_line_, false) && line.starts_with("\xEF\xBB\xBF"))
        line.remove_prefix(3);

    if (line.empty()) return end_event(events);

    auto const colon = line.find(':');
    auto const field = line.substr(0, colon);
    auto value = colon == line.npos ? std::string_view{} : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);

    if (field == "data") {
        data_.reserve(data_.size() + value.size() + 1);
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
