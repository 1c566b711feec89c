#include "aws/child_process.hpp"
#include "aws/credentials_json.hpp"
#include "aws/endpoints.hpp"
#include "aws/local_http.hpp"
#include "aws/sources.hpp"
#include "base/crypto.hpp"
#include "base/json.hpp"
#include "http/target.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/sha.h>

#include <algorithm>
#include <vector>

namespace kaiwa::aws {

namespace {

constexpr std::chrono::seconds process_patience{60};
constexpr std::chrono::milliseconds portal_patience{10'000};
constexpr std::size_t longest_chain = 8;

std::unexpected<Failure> refused(std::string message) {
    return fail(Failure::Kind::credentials, std::move(message));
}

std::string sha1_hex(std::string_view text) {
    std::array<std::uint8_t, SHA_DIGEST_LENGTH> digest{};
    ::SHA1(reinterpret_cast<unsigned char const*>(text.data()), text.size(), digest.data());
    return hex(digest);
}

/// Follows one profile to its credentials, and those it refers to.
class Walk {
public:
    Walk(Surroundings const& around, ProfileFile const& files, std::string region)
        : around_(around), files_(files), region_(std::move(region)) {}

    asio::awaitable<Found> find(std::string name) {
        auto const it = files_.profiles.find(name);
        if (it == files_.profiles.end()) {
            auto const whose = walked_.empty() ? std::string()
                                               : fmt::format(", the source_profile of {}", walked_.back());
            co_return refused(
                fmt::format("there is no profile {} in AWS's shared files{}", name, whose));
        }
        auto const& profile = it->second;
        bool const again = std::ranges::find(walked_, name) != walked_.end();
        walked_.push_back(name);
        auto const in_a_circle = [this] {
            return refused(
                fmt::format("profiles refer to each other: {}", fmt::join(walked_, ", ")));
        };
        if (walked_.size() > longest_chain) co_return in_a_circle();
        auto const source = fmt::format("the profile {}", name);
        // A profile that is its own source means its keys.
        if (profile.has("role_arn") && !again) co_return co_await role(profile, source);
        if (profile.has("aws_access_key_id")) co_return keys(profile, source);
        if (again) co_return in_a_circle();
        if (profile.has("credential_process")) co_return co_await process(profile, source);
        if (profile.has("sso_account_id")) co_return co_await sso(profile, source);
        co_return std::nullopt;
    }

private:
    static Found keys(Section const& profile, std::string source) {
        if (!profile.has("aws_secret_access_key")) {
            return refused(source + " has aws_access_key_id but no aws_secret_access_key");
        }
        Credentials credentials;
        credentials.access_key_id = profile.get("aws_access_key_id");
        credentials.secret_access_key = Secret(profile.get("aws_secret_access_key"));
        credentials.session_token = Secret(profile.get("aws_session_token"));
        credentials.source = std::move(source);
        return credentials;
    }

    asio::awaitable<Found> role(Section const& profile, std::string source) {
        RoleRequest request;
        request.role = profile.get("role_arn");
        request.session_name = profile.get("role_session_name");
        request.external_id = profile.get("external_id");
        request.duration_seconds = profile.get("duration_seconds");
        request.region = profile.has("region") ? profile.get("region") : region_;
        request.source = source;
        if (!request.region.empty() && !is_region(request.region)) {
            co_return refused(source + " has a region that can be none");
        }
        if (auto const file = profile.get("web_identity_token_file"); !file.empty()) {
            auto assumed = co_await assume_role_with_token(around_, std::move(request), file);
            if (!assumed) co_return std::unexpected(assumed.error());
            co_return std::optional(std::move(*assumed));
        }
        if (profile.has("mfa_serial")) {
            co_return refused(source +
                              " has an mfa_serial, and nobody is here to type a code: use "
                              "credential_process or IAM Identity Center (sso_session) instead");
        }
        auto caller = co_await caller_of(profile, source);
        if (!caller) co_return std::unexpected(caller.error());
        if (!*caller) {
            auto const from = profile.has("source_profile")
                                  ? "the profile " + profile.get("source_profile")
                                  : profile.get("credential_source");
            co_return refused(fmt::format("{} has a role_arn, but its source ({}) has no credentials",
                                          source, from));
        }
        auto assumed = co_await assume_role(around_, std::move(request), std::move(**caller));
        if (!assumed) co_return std::unexpected(assumed.error());
        co_return std::optional(std::move(*assumed));
    }

    asio::awaitable<Found> caller_of(Section const& profile, std::string source) {
        if (profile.has("source_profile")) co_return co_await find(profile.get("source_profile"));
        auto const from = profile.get("credential_source");
        if (from == "Environment") co_return from_environment(around_.variables);
        if (from == "EcsContainer") co_return co_await from_container(around_);
        if (from == "Ec2InstanceMetadata") co_return co_await from_instance(around_);
        co_return refused(source +
                          " has a role_arn; it needs a source_profile, a credential_source "
                          "(Environment, EcsContainer or Ec2InstanceMetadata) or a "
                          "web_identity_token_file");
    }

    asio::awaitable<Found> process(Section const& profile, std::string source) {
        auto words = split_command(profile.get("credential_process"));
        if (!words) {
            co_return refused(fmt::format("{}: credential_process: {}", source,
                                          words.error().message));
        }
        auto const done = co_await run_process(std::move(*words), process_patience);
        if (!done && done.error().code == Errc::cancelled) {
            co_return fail(Failure::Kind::cancelled, "stopped");
        }
        if (!done) {
            co_return refused(fmt::format("{}: credential_process: {}", source,
                                          done.error().message));
        }
        if (done->status != 0) {
            co_return refused(fmt::format("{}: credential_process ended with {}: {}", source,
                                          done->status, done->errors));
        }
        auto credentials = parse_credentials(done->output, CredentialsForm::process);
        if (!credentials) {
            co_return refused(fmt::format("{}: the output of credential_process: {}", source,
                                          credentials.error().message));
        }
        credentials->source = source + " (credential_process)";
        co_return std::optional(std::move(*credentials));
    }

    asio::awaitable<Found> sso(Section const& profile, std::string source) {
        auto const session = profile.get("sso_session");
        Section settings;
        if (auto const it = files_.sso_sessions.find(session); it != files_.sso_sessions.end()) {
            settings = it->second;
        } else if (!session.empty()) {
            co_return refused(fmt::format("{}: there is no sso-session {}", source, session));
        }
        settings.join(profile);
        auto const region = settings.get("sso_region");
        if (!is_region(region)) co_return refused(source + " has no sso_region");
        auto const key = session.empty() ? settings.get("sso_start_url") : session;
        auto const token = co_await sso_token(key);
        if (!token) co_return refused(fmt::format("{}: {}", source, token.error().message));

        http::OutboundRequest request;
        auto const base = service_url(around_.variables, "portal.sso", region);
        around_.expect(base);
        request.url = fmt::format("{}/federation/credentials?role_name={}&account_id={}", base,
                                  http::percent_encode(settings.get("sso_role_name")),
                                  http::percent_encode(settings.get("sso_account_id")));
        request.headers.add("x-amz-sso_bearer_token", token->reveal());
        auto const answer =
            co_await call_local(around_.services, std::move(request), portal_patience);
        if (!answer && answer.error().kind == Failure::Kind::cancelled) {
            co_return std::unexpected(answer.error());
        }
        if (answer && answer->status == 401) {
            co_return refused(source + ": the sign-in is over: run \"aws sso login\"");
        }
        if (!answer || answer->status != 200) {
            auto const failure =
                answer ? refusal_of(*answer, "IAM Identity Center") : answer.error();
            co_return std::unexpected(
                no_credentials(fmt::format("{}: {}", source, failure.message), failure));
        }
        auto credentials = parse_credentials(answer->body, CredentialsForm::sso);
        if (!credentials) {
            co_return refused(fmt::format("{}: the answer of IAM Identity Center: {}", source,
                                          credentials.error().message));
        }
        credentials->source = source + " (IAM Identity Center)";
        co_return std::optional(std::move(*credentials));
    }

    /// What `aws sso login` left.
    asio::awaitable<Result<Secret>> sso_token(std::string key) {
        auto path = fmt::format("~/.aws/sso/cache/{}.json", sha1_hex(key));
        auto const text = co_await read_file(around_.files, in_home(around_.variables, path));
        if (!text) co_return kaiwa::fail(Errc::not_found, "nobody is signed in: run \"aws sso login\"");
        auto const value = parse_json(*text);
        auto const* object = value ? value->if_object() : nullptr;
        auto const text_of = [object](char const* name) {
            auto const* member = object ? object->if_contains(name) : nullptr;
            return member && member->is_string() ? std::string(member->as_string()) : std::string();
        };
        auto token = text_of("accessToken");
        auto const end = parse_rfc3339(text_of("expiresAt"));
        if (token.empty() || !end || *end <= around_.clock.now()) {
            co_return kaiwa::fail(Errc::unauthenticated, "the sign-in is over: run \"aws sso login\"");
        }
        co_return Secret(std::move(token));
    }

    Surroundings const& around_;
    ProfileFile const& files_;
    std::string region_;
    std::vector<std::string> walked_;
};

Result<ProfileFile> read_profile_files_now(Variables const& variables) {
    struct Place {
        char const* variable;
        char const* usual;
        ProfileFileKind kind;
    };
    ProfileFile all;
    for (auto const& place :
         {Place{"AWS_CONFIG_FILE", "~/.aws/config", ProfileFileKind::config},
          Place{"AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials",
                ProfileFileKind::credentials}}) {
        auto const path = in_home(variables, variables(place.variable).value_or(place.usual));
        auto const text = read_file_now(path);
        if (!text && text.error().code == Errc::not_found) continue;
        if (!text) return std::unexpected(text.error());
        auto const file = parse_profile_file(*text, place.kind);
        if (!file)
            return kaiwa::fail(file.error().code,
                               fmt::format("{}: {}", path, file.error().message));
        all.join(*file);
    }
    return all;
}

}  // namespace

asio::awaitable<Outcome<ProfileFile>> read_profile_files(Surroundings const& around) {
    auto work = [variables = around.variables] { return read_profile_files_now(variables); };
    auto files = co_await around.files.run(std::move(work));
    if (!files) co_return refused(files.error().message);
    co_return std::move(*files);
}

asio::awaitable<Found> from_profile(Surroundings const& around, ProfileFile const& files,
                                    std::string profile, std::string region) {
    Walk walk(around, files, std::move(region));
    co_return co_await walk.find(std::move(profile));
}

}  // namespace kaiwa::aws
