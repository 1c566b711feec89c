#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1

#include "server/config_sources.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

namespace kaiwa::server {
namespace {

namespace json = boost::json;

/// Copies a TOML tree into JSON and notes the lines; stops at the first value that is neither.
class Converter {
public:
    explicit Converter(FileTree& tree) : lines_(tree.lines) {}

    json::value convert(toml::node const& node, std::string const& path) {
        lines_.emplace(path, static_cast<unsigned>(node.source().begin.line));
        if (auto const* table = node.as_table()) {
            json::object object;
            for (auto const& [key, value] : *table) {
                std::string const name(key.str());
                object[name] = convert(value, path.empty() ? name : path + "." + name);
            }
            return object;
        }
        if (auto const* array = node.as_array()) {
            json::array items;
            for (auto const& item : *array)
                items.push_back(convert(item, fmt::format("{}[{}]", path, items.size())));
            return items;
        }
        if (auto const* text = node.as_string()) return json::string(text->get());
        if (auto const* number = node.as_integer()) return json::value(number->get());
        if (auto const* number = node.as_floating_point()) return json::value(number->get());
        if (auto const* truth = node.as_boolean()) return json::value(truth->get());
        if (unsupported_.empty()) unsupported_ = path;
        return nullptr;
    }
    [[nodiscard]] std::string const& unsupported() const { return unsupported_; }

private:
    std::map<std::string, unsigned, std::less<>>& lines_;
    std::string unsupported_;
};

}  // namespace

Result<FileTree> parse_toml(std::string_view text, std::string_view file_name) {
    auto const parsed = toml::parse(text);
    if (!parsed) {
        auto const& error = parsed.error();
        return fail(
            Errc::invalid_argument,
            fmt::format("{}:{}: {}", file_name, error.source().begin.line, error.description()));
    }
    FileTree tree;
    Converter converter(tree);
    tree.value = converter.convert(parsed.table(), "");
    if (auto const& path = converter.unsupported(); !path.empty())
        return fail(Errc::invalid_argument,
                    fmt::format("{}:{}: {}: dates and times are not used here", file_name,
                                tree.lines.at(path), path));
    return tree;
}

}  // namespace kaiwa::server
