#include "api/metrics.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <cstdio>

namespace kaiwa::api {
namespace {

double resident_bytes() {
    long pages = 0;
    long resident = 0;
    if (auto* file = std::fopen("/proc/self/statm", "r")) {
        if (std::fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
        std::fclose(file);
    }
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

template <class T>
Metrics::Read reader(std::atomic<T> const& value) {
    return [&value] { return static_cast<double>(value.load(std::memory_order_relaxed)); };
}

}  // namespace

Metrics::Metrics() {
    add(Kind::counter, "kaiwa_requests_answered_total", "Requests that were answered as asked.",
        reader(traffic.answered));
    add(Kind::counter, "kaiwa_requests_refused_total", "Requests that ended with a 4xx problem.",
        reader(traffic.refused));
    add(Kind::counter, "kaiwa_requests_failed_total", "Requests that ended with a 5xx problem.",
        reader(traffic.failed));
    add(Kind::counter, "kaiwa_uploaded_bytes_total", "Bytes of files that were stored.",
        reader(traffic.uploaded_bytes));
    add(Kind::gauge, "kaiwa_event_streams", "Open event streams.", reader(traffic.event_streams));
    add(Kind::gauge, "kaiwa_websockets", "Open WebSockets.", reader(traffic.websockets));
    add(Kind::gauge, "process_resident_memory_bytes", "Resident memory.", resident_bytes);
}

void Metrics::add(Kind kind, std::string name, std::string help, Read read) {
    entries_.push_back({kind, std::move(name), std::move(help), std::move(read)});
}

std::string Metrics::text() const {
    std::string out;
    for (auto const& entry : entries_) {
        auto const* kind = entry.kind == Kind::counter ? "counter" : "gauge";
        fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n",
                       entry.name, entry.help, kind, entry.read());
    }
    return out;
}

}  // namespace kaiwa::api
