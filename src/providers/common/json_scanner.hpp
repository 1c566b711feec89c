#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kaiwa::providers {

/// Reads one JSON text from front to back without building it: the way a chunk of a few hundred
/// bytes gives up its few bytes of text in well under a microsecond.
///
/// Lenient where model servers are: ill-formed UTF-8 goes through, a lone `\ud83d` becomes the
/// three bytes that UTF-8 would have for it; `TextJoiner` repairs both. Skipped values are checked
/// for their structure only. Once something is broken, every function returns false or nothing.
///
///     JsonScanner json(text);
///     std::string_view name;
///     for (json.begin_object(); json.next_member(name);) {
///         if (name == "id") json.string(id);
///         else json.skip();
///     }
class JsonScanner {
public:
    explicit JsonScanner(std::string_view text)
        : at_(text.data()), end_(text.data() + text.size()) {}

    /// The first character of the next value, '\0' at the end: '{' '[' '"' 't' 'f' 'n' '-' '0'….
    [[nodiscard]] char peek();

    /// Enters the object that comes next; skips another value.
    bool begin_object() { return begin('{'); }
    /// Moves to the next member of the object entered last, whose value must then be read or
    /// skipped; false behind the last one. `name` is as written, escapes included.
    bool next_member(std::string_view& name);

    bool begin_array() { return begin('['); }
    bool next_element();

    /// Appends the string that comes next to `out`; skips another value and returns false.
    bool string(std::string& out);
    /// The whole number that comes next; skips another value.
    std::optional<std::int64_t> integer();
    void skip();
    /// Skips the value that comes next and returns it as written.
    std::string_view raw();

    [[nodiscard]] bool broken() const { return broken_; }
    /// What was not read yet.
    [[nodiscard]] std::string_view rest() const { return {at_, end_}; }
    /// Whether nothing but white space follows.
    [[nodiscard]] bool at_end();

private:
    bool begin(char open);
    bool more(char close);
    void skip_space();
    bool skip_string();
    bool escape(std::string& out);
    bool fail() {
        broken_ = true;
        at_ = end_;
        return false;
    }

    char const* at_;
    char const* end_;
    bool broken_ = false;
};

/// Whether `text` is one whole JSON object.
[[nodiscard]] bool is_whole_json_object(std::string_view text);

}  // namespace kaiwa::providers
