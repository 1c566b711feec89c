#pragma once

#include "base/json.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>

namespace kaiwa::aws::test {

/// A file of `src/aws/vectors/`, kept as long as the tests run.
inline json::value const& vector_file(std::string const& name) {
    static std::map<std::string, json::value> files;
    auto const [place, is_new] = files.try_emplace(name);
    if (!is_new) return place->second;
    std::ifstream file(std::string(KAIWA_AWS_VECTORS) + "/" + name, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return place->second = json::parse(text.str());
}

inline std::string from_hex(std::string_view digits) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
    }
    return bytes;
}

}  // namespace kaiwa::aws::test
