#pragma once

#include "aws/session.hpp"
#include "base/sparing_log.hpp"
#include "base/workers.hpp"
#include "http/client.hpp"
#include "server/settings.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kaiwa::server {

/// Lets calls go to where only machinery answers: this machine and the link-local addresses, where
/// the metadata service and a container's credentials are.
class MachineGate final : public http::OutboundGate {
public:
    [[nodiscard]] bool allows(std::string_view host, std::uint16_t port,
                              asio::ip::address const& address) const override;
};

/// Lets calls go to public addresses, and to any address of hosts that we came to expect: what the
/// configuration names, and services that turn out to have a private address. Thread-safe.
class ServiceGate final : public http::OutboundGate {
public:
    void expect(std::string_view url);
    [[nodiscard]] bool allows(std::string_view host, std::uint16_t port,
                              asio::ip::address const& address) const override;

private:
    std::mutex mutex_;
    std::vector<std::pair<std::string, std::uint16_t>> hosts_;
    http::ConfiguredHostsGate gate_;
};

/// What everything of AWS stands on: who we are, one session a profile, and connections of their
/// own. Nothing is made before the first session is asked for. Thread-safe.
class AwsGround {
public:
    using Variables = std::map<std::string, std::string, std::less<>>;
    /// Whether connections wait for their next call; closed for one question, whose loop ends.
    enum class Connections { kept, closed };

    /// Of the settings: the variables that AWS's own tools read, and how calls leave this machine.
    /// What else is referred to outlives it.
    AwsGround(Settings const& settings, Connections connections, Clock const& clock, Random& random,
              Log& log);
    ~AwsGround();

    /// Takes the variables anew, for what is looked up from now on; returns what they were.
    Variables set_variables(Variables variables);
    /// A variable; nothing when it is unset or empty.
    [[nodiscard]] std::optional<std::string> variable(std::string_view name) const;

    /// The session of a profile; this machine's for "". Lives as long as the ground.
    [[nodiscard]] aws::Session& session(std::string const& profile = {});
    /// For what calls AWS: many calls that fail alike are not as many lines.
    [[nodiscard]] Log& log() { return log_; }
    /// Closes the kept connections of the calling loop.
    void close_idle();

private:
    struct Parts;
    Parts& parts();  // with the mutex held

    http::ClientOptions outbound_;
    Clock const& clock_;
    Random& random_;
    SparingLog log_;
    mutable std::mutex mutex_;
    Variables variables_;
    std::unique_ptr<Parts> parts_;
};

}  // namespace kaiwa::server
