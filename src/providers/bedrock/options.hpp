#pragma once

#include "llm/catalogue.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::providers {

/// The provider's option `name`, or `usual` where it is not set.
[[nodiscard]] std::string option_of(llm::ProviderConfig const& config, std::string const& name,
                                    std::string_view usual = {});

/// The items of a list separated by commas, without the spaces around them.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

}  // namespace kaiwa::providers
