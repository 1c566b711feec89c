#include "api/multipart.hpp"

#include <algorithm>

namespace kaiwa::api {
namespace {

constexpr std::size_t max_boundary = 70;
constexpr std::size_t max_padding = 64;

bool is_boundary_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("'()+_,-./:=? ").contains(c);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trim(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

/// The value of the field `name` among lines that end in CRLF.
std::string field(std::string_view lines, std::string_view name) {
    while (!lines.empty()) {
        auto const end = lines.find("\r\n");
        auto const line = lines.substr(0, end);
        auto const colon = line.find(':');
        if (colon != line.npos && same_name(line.substr(0, colon), name))
            return std::string(trim(line.substr(colon + 1)));
        lines = end == lines.npos ? std::string_view{} : lines.substr(end + 2);
    }
    return {};
}

std::unexpected<Error> malformed(std::string_view what) {
    return fail(Errc::invalid_argument, "the multipart body is malformed: " + std::string(what));
}

}  // namespace

MultipartParser::MultipartParser(std::string_view boundary)
    : delimiter_("\r\n--" + std::string(boundary)) {}

std::optional<std::string> MultipartParser::boundary_of(std::string_view content_type) {
    for (auto at = content_type.find(';'); at != content_type.npos;) {
        auto const next = content_type.find(';', at + 1);
        auto const parameter = trim(content_type.substr(at + 1, next - at - 1));
        at = next;
        auto const equals = parameter.find('=');
        if (equals == parameter.npos || !same_name(parameter.substr(0, equals), "boundary"))
            continue;
        auto value = parameter.substr(equals + 1);
        if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
            value = value.substr(1, value.size() - 2);
        bool const allowed = !value.empty() && value.size() <= max_boundary &&
                             !value.ends_with(' ') &&
                             std::ranges::all_of(value, is_boundary_character);
        return allowed ? std::optional<std::string>(value) : std::nullopt;
    }
    return std::nullopt;
}

Result<std::vector<MultipartParser::Item>> MultipartParser::feed(std::string_view bytes) {
    std::vector<Item> items;
    if (state_ == State::epilogue) return items;
    pending_ += bytes;
    for (;;) {
        auto const stepped = step(items);
        if (!stepped) return std::unexpected(stepped.error());
        if (*stepped == Step::wait) return items;
    }
}

Result<void> MultipartParser::finish() const {
    if (state_ == State::epilogue) return {};
    return malformed("it ends before its last delimiter");
}

Result<MultipartParser::Step> MultipartParser::step(std::vector<Item>& items) {
    switch (state_) {
        case State::preamble: return skip_preamble();
        case State::delimiter: return read_delimiter();
        case State::head: return read_head(items);
        case State::data: return read_data(items);
        case State::epilogue: pending_.clear(); break;
    }
    return Step::wait;
}

MultipartParser::Step MultipartParser::skip_preamble() {
    auto const at = pending_.find(delimiter_);
    if (at == pending_.npos) {
        // What could be the beginning of a delimiter stays.
        auto const keep = std::min(pending_.size(), delimiter_.size() - 1);
        pending_.erase(0, pending_.size() - keep);
        return Step::wait;
    }
    pending_.erase(0, at + delimiter_.size());
    state_ = State::delimiter;
    return Step::more;
}

Result<MultipartParser::Step> MultipartParser::read_delimiter() {
    if (pending_.size() < 2) return Step::wait;
    if (pending_.starts_with("--")) {
        pending_.clear();
        state_ = State::epilogue;
        return Step::wait;
    }
    auto const line_end = pending_.find("\r\n");
    auto const padding = std::string_view(pending_).substr(0, line_end);
    bool const only_padding = std::ranges::all_of(
        padding, [](char c) { return c == ' ' || c == '\t' || c == '\r'; });
    if (!only_padding || padding.size() > max_padding) return malformed("after a delimiter");
    if (line_end == pending_.npos) return Step::wait;
    if (++parts_ > max_parts) return malformed("it has too many parts");
    // The line end stays: a part without fields begins with an empty line.
    pending_.erase(0, line_end);
    state_ = State::head;
    return Step::more;
}

Result<MultipartParser::Step> MultipartParser::read_head(std::vector<Item>& items) {
    auto const end = pending_.find("\r\n\r\n");
    if (std::min(end, pending_.size()) > max_head_bytes)
        return malformed("the head of a part is too long");
    if (end == pending_.npos) return Step::wait;
    auto const lines = std::string_view(pending_).substr(0, end);
    items.emplace_back(PartHead{field(lines, "content-disposition"), field(lines, "content-type")});
    pending_.erase(0, end + 4);
    state_ = State::data;
    return Step::more;
}

MultipartParser::Step MultipartParser::read_data(std::vector<Item>& items) {
    auto const at = pending_.find(delimiter_);
    bool const ends = at != pending_.npos;
    auto const ready =
        ends ? at : pending_.size() - std::min(pending_.size(), delimiter_.size() - 1);
    if (ready > 0) items.emplace_back(PartData{pending_.substr(0, ready)});
    pending_.erase(0, ready);
    if (!ends) return Step::wait;
    items.emplace_back(PartEnd{});
    pending_.erase(0, delimiter_.size());
    state_ = State::delimiter;
    return Step::more;
}

}  // namespace kaiwa::api
