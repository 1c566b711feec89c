#include "aws/xml.hpp"

#include <charconv>

namespace kaiwa::aws {

namespace {

void append_utf8(std::string& out, unsigned code) {
    auto const tail = [&out](unsigned bits) { out += static_cast<char>(0x80 | (bits & 0x3F)); };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | code >> 6);
        tail(code);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0 | code >> 12);
        tail(code >> 6);
        tail(code);
    } else {
        out += static_cast<char>(0xF0 | code >> 18);
        tail(code >> 12);
        tail(code >> 6);
        tail(code);
    }
}

/// Appends what "&…;" at the front of `text` means and tells its length; 0 when it means nothing.
std::size_t decode_entity(std::string_view text, std::string& out) {
    auto const end = text.find(';');
    if (end == text.npos || end > 12) return 0;
    auto name = text.substr(1, end - 1);
    if (name == "amp") out += '&';
    else if (name == "lt") out += '<';
    else if (name == "gt") out += '>';
    else if (name == "quot") out += '"';
    else if (name == "apos") out += '\'';
    else {
        if (!name.starts_with('#')) return 0;
        name.remove_prefix(1);
        int base = 10;
        if (name.starts_with('x')) {
            base = 16;
            name.remove_prefix(1);
        }
        unsigned code = 0;
        auto const [rest, error] =
            std::from_chars(name.data(), name.data() + name.size(), code, base);
        bool const is_character = code > 0 && code < 0x110000 && (code < 0xD800 || code > 0xDFFF);
        if (error != std::errc{} || rest != name.data() + name.size() || !is_character) return 0;
        append_utf8(out, code);
    }
    return end + 1;
}

std::string decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        auto const size = text.front() == '&' ? decode_entity(text, out) : 0;
        if (size == 0) out += text.front();
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return out;
}

}  // namespace

std::optional<std::string> xml_text(std::string_view document, std::string_view name) {
    for (auto open = document.find('<'); open != document.npos; open = document.find('<', open + 1)) {
        auto const close = document.find('>', open);
        if (close == document.npos) return std::nullopt;
        auto tag = document.substr(open + 1, close - open - 1);
        bool const is_empty = tag.ends_with('/');
        if (is_empty) tag.remove_suffix(1);
        auto element = tag.substr(0, tag.find_first_of(" \t\r\n"));
        if (auto const colon = element.find(':'); colon != element.npos) {
            element.remove_prefix(colon + 1);
        }
        if (element != name) continue;
        if (is_empty) return std::string();
        auto const end = document.find('<', close);
        if (end == document.npos || document.substr(end, 2) != "</") continue;
        return decode(document.substr(close + 1, end - close - 1));
    }
    return std::nullopt;
}

std::string xml_escape(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (char const c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

}  // namespace kaiwa::aws
