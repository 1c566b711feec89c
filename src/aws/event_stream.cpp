#include "aws/event_stream.hpp"

#include "aws/crc32.hpp"

#include <algorithm>
#include <utility>

namespace kaiwa::aws {

namespace {

using Type = EventHeader::Type;

constexpr std::size_t prelude_bytes = 12;
constexpr std::size_t frame_bytes = 16;  // prelude and the checksum at the end
constexpr std::size_t max_headers = 256;  // a service sends three
constexpr std::size_t max_value_bytes = 32'767;
constexpr std::size_t uuid_bytes = 16;
constexpr std::size_t small_buffer_bytes = 64 * 1024;

/// Reads big-endian numbers from the front of a text.
class ByteReader {
public:
    explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

    [[nodiscard]] bool empty() const { return bytes_.empty(); }
    [[nodiscard]] bool failed() const { return failed_; }

    std::string_view take(std::size_t size) {
        failed_ |= size > bytes_.size();
        if (failed_) return {};
        auto const taken = bytes_.substr(0, size);
        bytes_.remove_prefix(size);
        return taken;
    }
    std::uint64_t number(std::size_t size) {
        std::uint64_t value = 0;
        for (char const c : take(size)) value = value << 8 | static_cast<unsigned char>(c);
        return value;
    }

private:
    std::string_view bytes_;
    bool failed_ = false;
};

void append_number(std::string& out, std::uint64_t value, std::size_t size) {
    while (size-- > 0) out += static_cast<char>(value >> (8 * size) & 0xFF);
}

/// Bytes of a number of this type, or 0 when it is none.
std::size_t number_size(Type type) {
    switch (type) {
        case Type::int8:
            return 1;
        case Type::int16:
            return 2;
        case Type::int32:
            return 4;
        case Type::int64:
        case Type::timestamp:
            return 8;
        default:
            return 0;
    }
}

std::int64_t sign_extended(std::uint64_t value, std::size_t size) {
    auto const unused = 64 - 8 * size;
    return static_cast<std::int64_t>(value << unused) >> unused;
}

std::optional<EventHeader> read_header(ByteReader& in) {
    EventHeader header;
    header.name = in.take(in.number(1));
    auto const type = in.number(1);
    if (in.failed() || header.name.empty() || type > std::to_underlying(Type::uuid)) {
        return std::nullopt;
    }
    header.type = static_cast<Type>(type);
    if (auto const width = number_size(header.type); width > 0) {
        header.value = sign_extended(in.number(width), width);
    } else if (header.type == Type::true_value || header.type == Type::false_value) {
        header.value = header.type == Type::true_value;
    } else {
        std::size_t const size = header.type == Type::uuid ? uuid_bytes : in.number(2);
        if (size > max_value_bytes) return std::nullopt;
        header.value = std::string(in.take(size));
    }
    if (in.failed()) return std::nullopt;
    return header;
}

std::optional<std::vector<EventHeader>> read_headers(std::string_view bytes) {
    std::vector<EventHeader> headers;
    ByteReader in(bytes);
    while (!in.empty()) {
        auto header = read_header(in);
        if (!header || headers.size() == max_headers ||
            std::ranges::find(headers, header->name, &EventHeader::name) != headers.end()) {
            return std::nullopt;
        }
        headers.push_back(std::move(*header));
    }
    return headers;
}

void append_header(std::string& out, EventHeader const& header) {
    append_number(out, header.name.size(), 1);
    out += header.name;
    append_number(out, std::to_underlying(header.type), 1);
    if (auto const* number = std::get_if<std::int64_t>(&header.value)) {
        append_number(out, static_cast<std::uint64_t>(*number), number_size(header.type));
    } else if (auto const* text = std::get_if<std::string>(&header.value)) {
        if (header.type != Type::uuid) append_number(out, text->size(), 2);
        out += *text;
    }
}

}  // namespace

std::string_view EventMessage::header(std::string_view name) const {
    auto const it = std::ranges::find(headers, name, &EventHeader::name);
    if (it == headers.end() || it->type != Type::string) return {};
    return std::get<std::string>(it->value);
}

void EventStreamDecoder::feed(std::string_view bytes) {
    if (failure_) return;
    if (taken_ == buffer_.size()) {
        buffer_.clear();
        taken_ = 0;
        if (buffer_.capacity() > small_buffer_bytes) buffer_.shrink_to_fit();
    } else if (taken_ > buffer_.size() / 2) {
        buffer_.erase(0, std::exchange(taken_, 0));
    }
    buffer_ += bytes;
}

std::unexpected<Error> EventStreamDecoder::give_up(Errc code, std::string message) {
    failure_ = Error{code, "the event stream is broken: " + std::move(message), {}};
    buffer_.clear();
    taken_ = 0;
    return std::unexpected(*failure_);
}

Result<std::optional<EventMessage>> EventStreamDecoder::next() {
    if (failure_) return std::unexpected(*failure_);
    auto const bytes = std::string_view(buffer_).substr(taken_);
    if (bytes.size() < prelude_bytes) return std::nullopt;

    ByteReader prelude(bytes);
    auto const total = prelude.number(4);
    auto const headers_size = prelude.number(4);
    if (prelude.number(4) != crc32(bytes.substr(0, 8))) {
        return give_up(Errc::invalid_argument, "the checksum of a prelude is wrong");
    }
    if (total < frame_bytes || headers_size > total - frame_bytes) {
        return give_up(Errc::invalid_argument, "the lengths of a message contradict each other");
    }
    if (total > max_message_bytes_) {
        return give_up(Errc::too_large, "a message is larger than the limit");
    }
    if (bytes.size() < total) return std::nullopt;

    ByteReader end(bytes.substr(total - 4, 4));
    if (end.number(4) != crc32(bytes.substr(0, total - 4))) {
        return give_up(Errc::invalid_argument, "the checksum of a message is wrong");
    }
    auto headers = read_headers(bytes.substr(prelude_bytes, headers_size));
    if (!headers) return give_up(Errc::invalid_argument, "the headers of a message are malformed");
    EventMessage message;
    message.headers = std::move(*headers);
    message.payload =
        bytes.substr(prelude_bytes + headers_size, total - headers_size - frame_bytes);
    taken_ += total;
    return message;
}

std::string encode_event_message(EventMessage const& message) {
    std::string headers;
    for (auto const& header : message.headers) append_header(headers, header);
    std::string out;
    append_number(out, frame_bytes + headers.size() + message.payload.size(), 4);
    append_number(out, headers.size(), 4);
    append_number(out, crc32(out), 4);
    out += headers;
    out += message.payload;
    append_number(out, crc32(out), 4);
    return out;
}

}  // namespace kaiwa::aws
