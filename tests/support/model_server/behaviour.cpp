#include "behaviour.hpp"

#include <fmt/format.h>

#include <charconv>
#include <functional>

namespace kaiwa::model_server {

namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

using Assign = std::function<bool(Behaviour&, std::string const&)>;

template <class T>
bool read_number(std::string const& text, T& out) {
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size();
}

template <class T>
Assign number(T Behaviour::* member) {
    return [member](Behaviour& b, std::string const& v) { return read_number(v, b.*member); };
}

Assign word(std::string Behaviour::* member) {
    return [member](Behaviour& b, std::string const& v) {
        b.*member = v;
        return true;
    };
}

Assign flag(bool Behaviour::* member) {
    return [member](Behaviour& b, std::string const& v) {
        b.*member = v != "0";
        return v.empty() || v == "0" || v == "1";
    };
}

template <class T>
Assign choice(T Behaviour::* member, std::map<std::string, T> choices) {
    return [member, choices = std::move(choices)](Behaviour& b, std::string const& v) {
        auto const found = choices.find(v);
        if (found == choices.end()) return false;
        b.*member = found->second;
        return true;
    };
}

Assign ending(Behaviour::End end) {
    return [end](Behaviour& b, std::string const& v) {
        std::size_t at = 0;
        if (!read_number(v, at)) return false;
        b.end = end;
        b.end_at = at;
        return true;
    };
}

std::vector<std::string> split_list(std::string const& text) {
    std::vector<std::string> items;
    std::size_t from = 0;
    while (from <= text.size()) {
        auto const comma = std::min(text.find(',', from), text.size());
        if (comma > from) items.push_back(text.substr(from, comma - from));
        from = comma + 1;
    }
    return items;
}

std::map<std::string, Assign, std::less<>> const& options() {
    using B = Behaviour;
    static std::map<std::string, Assign, std::less<>> const table = {
        {"text", word(&B::text)},
        {"chunk", word(&B::chunk)},
        {"tokens", number(&B::tokens)},
        {"n", number(&B::markdown)},
        {"markdown", number(&B::markdown)},
        {"token_bytes", number(&B::token_bytes)},
        {"rate", number(&B::rate)},
        {"stamp", flag(&B::stamp)},
        {"dialect", word(&B::dialect)},
        {"reasoning", number(&B::reasoning)},
        {"reasoning_field", word(&B::reasoning_field)},
        {"think_tags", flag(&B::think_tags)},
        {"no_open_tag", flag(&B::no_open_tag)},
        {"finish", word(&B::finish)},
        {"no_done", flag(&B::no_done)},
        {"bad_utf8", flag(&B::bad_utf8)},
        {"lone_surrogate", flag(&B::lone_surrogate)},
        {"not_sse", flag(&B::not_sse)},
        {"html", flag(&B::html)},
        {"shape", word(&B::shape)},
        {"status", number(&B::status)},
        {"code", word(&B::code)},
        {"message", word(&B::message)},
        {"old_error", flag(&B::old_error)},
        {"bom", flag(&B::bom)},
        {"comments", number(&B::comments)},
        {"split", number(&B::split)},
        {"cut", ending(B::End::fin)},
        {"reset", ending(B::End::reset)},
        {"stall", ending(B::End::stall)},
        {"usage", choice<B::UsagePlace>(&B::usage, {{"asked", B::UsagePlace::asked},
                                                    {"none", B::UsagePlace::none},
                                                    {"last", B::UsagePlace::last},
                                                    {"every", B::UsagePlace::every}})},
        {"framing", choice<B::Framing>(&B::framing, {{"chunked", B::Framing::chunked},
                                                     {"length", B::Framing::length},
                                                     {"close", B::Framing::close}})},
        {"eol", choice<std::string>(&B::eol, {{"lf", "\n"}, {"crlf", "\r\n"}, {"cr", "\r"}})},
        {"tools",
         [](B& b, std::string const& v) {
             b.tools = 1;
             return v.empty() || read_number(v, b.tools);
         }},
        {"truncate",
         [](B& b, std::string const& v) {
             b.clean_end = true;
             return read_number(v, b.end_at.emplace());
         }},
        {"cut_head",
         [](B& b, std::string const& v) {
             b.end = B::End::fin;
             return read_number(v, b.end_at_head.emplace());
         }},
        {"first_delay",
         [](B& b, std::string const& v) {
             long milliseconds = 0;
             if (!read_number(v, milliseconds)) return false;
             b.first_delay = std::chrono::milliseconds(milliseconds);
             return true;
         }},
        {"retry_after",
         [](B& b, std::string const& v) {
             b.retry_after = v;
             return true;
         }},
        {"error_mid",
         [](B& b, std::string const& v) { return read_number(v, b.error_mid.emplace()); }},
        {"refuse",
         [](B& b, std::string const& v) {
             b.refuse = split_list(v);
             return true;
         }},
    };
    return table;
}

}  // namespace

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
            hex_digit(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::expected<Behaviour, std::string> Behaviour::parse(std::string_view model) {
    Behaviour result;
    auto const start = std::min(model.find_first_of("?;"), model.size());
    result.name = std::string(model.substr(0, start));
    std::size_t from = start + 1;
    while (from < model.size()) {
        auto const end = std::min(model.find_first_of("&;", from), model.size());
        auto const pair = model.substr(from, end - from);
        from = end + 1;
        auto const equals = std::min(pair.find('='), pair.size());
        auto const key = pair.substr(0, equals);
        auto const value =
            equals < pair.size() ? percent_decoded(pair.substr(equals + 1)) : std::string();
        auto const option = options().find(key);
        if (option == options().end()) {
            return std::unexpected(fmt::format("unknown option \"{}\" in the model id", key));
        }
        if (!option->second(result, value)) {
            return std::unexpected(fmt::format("option \"{}\" does not take \"{}\"", key, value));
        }
    }
    if (result.bad_utf8)
        result.chunk =
            "a\xE3\x81"
            "b\xFF"
            "c";
    if (result.token_bytes == 0) result.token_bytes = 1;
    return result;
}

}  // namespace kaiwa::model_server
