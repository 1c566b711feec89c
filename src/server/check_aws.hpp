#pragma once

#include "server/settings.hpp"

#include <string>

namespace kaiwa::server {

/// What `kaiwa check aws` found, in words: one line a question, and what to do where it fails.
struct AwsCheck {
    std::string text;
    bool works = true;
};

/// Asks who we are in AWS and whether everything of AWS that the configuration names answers:
/// secrets, tables, the bucket of files, Bedrock. Blocks, some minutes at most where nothing
/// answers; changes nothing and pays for no model.
AwsCheck check_aws(Settings const& settings);

}  // namespace kaiwa::server
