#pragma once

#include "server/config.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace kaiwa::server {

/// A configuration of `sources`, and what is said of it.
class ConfigTest : public testing::Test {
protected:
    ConfigSources sources;
    ConfigTest() {
        sources.read_file = [](std::string const& path) -> Result<std::string> {
            if (path == "/run/key") return std::string("from-file\n");
            return fail(Errc::invalid_argument, "the file " + path + " cannot be read");
        };
    }
    Settings settings() {
        auto made = make_configuration(sources);
        EXPECT_TRUE(made) << made.error().message;
        return std::move(made->settings);
    }
    std::string problem() {
        auto const made = make_configuration(sources);
        return made ? "none" : made.error().message;
    }
    std::string source_of(std::string_view path) {
        auto const made = make_configuration(sources);
        auto const found = std::ranges::find(made->explained, path, &ExplainedValue::path);
        return found == made->explained.end() ? "absent" : found->value + " " + found->source;
    }
};

}  // namespace kaiwa::server
