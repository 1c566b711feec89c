#include "aws/profile_file.hpp"

#include "http/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace kaiwa::aws {

namespace {

std::string_view without_quotes(std::string_view name) {
    bool const quoted = name.size() >= 2 && (name.front() == '"' || name.front() == '\'') &&
                        name.front() == name.back();
    return quoted ? name.substr(1, name.size() - 2) : name;
}

/// "profile x" is x with `word` "profile".
std::optional<std::string_view> after_word(std::string_view header, std::string_view word) {
    if (!header.starts_with(word) || header.size() == word.size()) return std::nullopt;
    auto const rest = header.substr(word.size());
    if (rest.front() != ' ' && rest.front() != '\t') return std::nullopt;
    return without_quotes(http::trim(rest));
}

class Parser {
public:
    explicit Parser(ProfileFileKind kind) : kind_(kind) {}

    /// False when the line is none.
    bool take(std::string_view line) {
        bool const indented = line.starts_with(' ') || line.starts_with('\t');
        auto const text = http::trim(line);
        if (text.empty() || text.starts_with('#') || text.starts_with(';')) return true;
        // Below a setting it belongs to that one: nested settings, or a value that goes on.
        if (indented && in_setting_) return true;
        if (text.starts_with('[')) return begin(text);
        auto const equals = text.find('=');
        if (equals == text.npos || equals == 0 || !in_section_) return false;
        in_setting_ = true;
        if (section_) {
            section_->set(http::to_lower(http::trim(text.substr(0, equals))),
                          std::string(http::trim(text.substr(equals + 1))));
        }
        return true;
    }

    ProfileFile file;

private:
    bool begin(std::string_view text) {
        auto const close = text.find(']');
        if (close == text.npos) return false;
        auto const header = http::trim(text.substr(1, close - 1));
        in_section_ = true;
        in_setting_ = false;
        section_ = section_named(header);
        return !header.empty();
    }

    Section* section_named(std::string_view header) {
        if (kind_ == ProfileFileKind::credentials) {
            return &file.profiles[std::string(without_quotes(header))];
        }
        if (auto const name = after_word(header, "profile")) {
            if (*name == "default" && !explicit_default_) {
                // "[profile default]" hides "[default]".
                file.profiles.erase("default");
                explicit_default_ = true;
            }
            return &file.profiles[std::string(*name)];
        }
        if (header == "default") return explicit_default_ ? nullptr : &file.profiles["default"];
        if (auto const name = after_word(header, "sso-session")) {
            return &file.sso_sessions[std::string(*name)];
        }
        return nullptr;
    }

    ProfileFileKind kind_;
    Section* section_ = nullptr;  // null in one that is ignored
    bool in_section_ = false;
    bool in_setting_ = false;
    bool explicit_default_ = false;
};

}  // namespace

std::string Section::get(std::string_view name) const {
    auto const it = values_.find(name);
    return it == values_.end() ? std::string() : it->second;
}

void Section::join(Section const& other) {
    for (auto const& [name, value] : other.values_) values_[name] = value;
}

void ProfileFile::join(ProfileFile const& other) {
    for (auto const& [name, section] : other.profiles) profiles[name].join(section);
    for (auto const& [name, section] : other.sso_sessions) sso_sessions[name].join(section);
}

Result<ProfileFile> parse_profile_file(std::string_view text, ProfileFileKind kind) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    Parser parser(kind);
    for (unsigned number = 1; !text.empty(); ++number) {
        auto const end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!parser.take(line)) {
            return fail(Errc::invalid_argument,
                        fmt::format("line {}: expected [section] or name = value", number));
        }
    }
    return std::move(parser.file);
}

}  // namespace kaiwa::aws
