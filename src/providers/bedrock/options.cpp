#include "providers/bedrock/options.hpp"

#include <algorithm>

namespace kaiwa::providers {

std::string option_of(llm::ProviderConfig const& config, std::string const& name,
                      std::string_view usual) {
    auto const found = config.options.find(name);
    return found == config.options.end() ? std::string(usual) : found->second;
}

std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> items;
    while (!text.empty()) {
        auto const comma = std::min(text.find(','), text.size());
        auto item = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        while (item.starts_with(' ')) item.remove_prefix(1);
        while (item.ends_with(' ')) item.remove_suffix(1);
        if (!item.empty()) items.emplace_back(item);
    }
    return items;
}

}  // namespace kaiwa::providers
