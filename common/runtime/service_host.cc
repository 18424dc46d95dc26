#include "common/runtime/service_host.h"

#include <malloc.h>
#include <signal.h>
#include <time.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include <prometheus/gauge.h>

#include "common/adapters/http/client.h"
#include "common/base/crash_point.h"
#include "common/base/error.h"
#include "common/base/json_text.h"
#include "common/base/version.h"
#include "common/runtime/audit.h"
#include "common/telemetry/log.h"

namespace sluice {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitConfig = 2;
constexpr int kExitUnsafe = 3;
// A stop that takes longer hangs on something that is away. Killing is safe at any moment: what was
// not committed is done again.
constexpr std::chrono::seconds kStopLimit{20};

struct Part {
  std::string name;
  std::function<void()> start;
  std::function<void()> stop;
};

http::Response json(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

std::string list_of(const std::vector<std::string>& sentences) {
  std::string out = "[";
  for (const std::string& sentence : sentences) {
    if (out.size() > 1) out += ',';
    append_json_string(out, sentence);
  }
  return out + "]";
}

// Ends the process if it still lives after the limit.
class StopDeadline {
 public:
  StopDeadline()
      : thread_([](const std::stop_token& stopped) {
          std::mutex mutex;
          std::condition_variable_any never;
          std::unique_lock lock(mutex);
          never.wait_for(lock, stopped, kStopLimit, [] { return false; });
          if (stopped.stop_requested()) return;
          log::error("the stop takes too long, ending at once", {{"limit_s", kStopLimit.count()}});
          std::_Exit(kExitFailed);
        }) {}

 private:
  std::jthread thread_;
};

// Called in a catch block: says what happened and what the process is to answer.
int report_failure(const std::string& service) {
  try {
    throw;
  } catch (const ConfigError& error) {
    std::fprintf(stderr, "sluice-%s: %s\n", service.c_str(), error.what());
    return kExitConfig;
  } catch (const Unsafe& error) {
    log::error("the service ends, and must not be started again: going on would give wrong numbers",
               {{"reason", error.what()}});
    return kExitUnsafe;
  } catch (const std::exception& error) {
    log::error("the service ends", {{"reason", error.what()}});
    return kExitFailed;
  }
}

// Prints the answer: container engines show it.
int ask_readiness(const Settings& settings) {
  constexpr std::chrono::seconds kPatience{2};
  const bool anywhere = settings.http_address == "0.0.0.0" || settings.http_address == "::";
  const auto answer = http::get(anywhere ? "127.0.0.1" : settings.http_address, settings.http_port,
                                "/readyz", {}, kPatience);
  const std::string text = answer ? answer->body : answer.error().message + "\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
  return answer && answer->status == 200 ? 0 : kExitFailed;
}

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

struct ServiceHost::Impl {
  Impl(Settings s, http::Server& h, Metrics& m, Clock& c)
      : settings(std::move(s)), server(h), metrics(m), clock(c) {}

  Settings settings;
  http::Server& server;
  Metrics& metrics;
  Clock& clock;
  std::vector<Part> parts;
  std::mutex mutex;  // guards checks and not_in_force
  std::vector<std::pair<std::string, std::function<std::string()>>> checks;
  std::function<std::vector<std::string>()> not_in_force;
  NeededScope needed;
  ServiceHost::Rates rates = ServiceHost::Rates::kFree;
  std::unique_ptr<AccessGuard> guard;
  std::atomic<bool> stopping{false};
  std::atomic<int> failed{-1};

  http::Response readiness() {
    std::string body = "{\"status\":";
    std::string details;
    bool ready = !stopping;
    const std::lock_guard lock(mutex);
    for (const auto& [name, check] : checks) {
      const std::string reason = check();
      ready = ready && reason.empty();
      details += details.empty() ? "" : ",";
      append_json_string(details, name);
      details += ':';
      append_json_string(details, reason.empty() ? "ok" : reason);
    }
    body += ready ? "\"ready\"" : "\"not ready\"";
    body += ",\"checks\":{" + details + "}";
    if (not_in_force) body += ",\"definitions\":" + list_of(not_in_force());
    body += "}\n";
    return json(ready ? 200 : 503, std::move(body));
  }

  // What readiness tells, as numbers.
  void measure_health() {
    const std::lock_guard lock(mutex);
    for (const auto& [name, check] : checks) metrics.gauge(metric::kReady, name).Set(check().empty() ? 1 : 0);
    if (not_in_force) metrics.gauge(metric::kDefinitionsNotInForce).Set(static_cast<double>(not_in_force().size()));
  }

  void register_routes() {
    server.route("GET", "/livez", http::Runs::kOnIoThread,
                 [](const http::Request&) { return json(200, "{\"status\":\"alive\"}\n"); });
    for (const char* path : {"/readyz", "/healthz"}) {
      server.route("GET", path, http::Runs::kOnBlockingPool,
                   [this](const http::Request&) { return readiness(); });
    }
    server.route("GET", "/metrics", http::Runs::kOnBlockingPool, [this](const http::Request&) {
      measure_health();
      http::Response response = json(200, metrics.text());
      response.content_type = "text/plain; version=0.0.4; charset=utf-8";
      return response;
    });
    server.route("GET", "/version", http::Runs::kOnIoThread, [this](const http::Request&) {
      return json(200,
                  "{\"service\":\"" + settings.service + "\",\"version\":\"" + kVersion + "\"}\n");
    });
  }

  // Health is open: those that ask for it hold no tokens. Of the metrics the settings say it.
  std::optional<access::Scope> needed_scope(std::string_view method, std::string_view route) const {
    if (route == "/livez" || route == "/readyz" || route == "/healthz") return std::nullopt;
    if (route == "/metrics" || route == "/version") {
      if (settings.access.metrics == "open") return std::nullopt;
      return access::Scope::kRead;
    }
    return needed ? needed(method, route) : std::nullopt;
  }

  void guard_requests() {
    AccessSettings access = settings.access;
    // Nothing of this service needs a token, so a broken file must not keep it from running.
    if (!needed && access.metrics == "open") access.tokens_file.clear();
    const bool limited = rates == ServiceHost::Rates::kLimited;
    guard = std::make_unique<AccessGuard>(
        access,
        [this](std::string_view method, std::string_view route) { return needed_scope(method, route); },
        access::RateLimit{limited ? access.requests_per_second : 0, access.requests_burst}, metrics, clock);
    server.guard([this](http::Request& request, std::string_view route) { return guard->check(request, route); });
    audit_writes(server);
  }

  int wait_for_the_end() {
    const sigset_t signals = stop_signals();
    const timespec pause{0, 100'000'000};
    while (failed < 0) {
      const int signal = ::sigtimedwait(&signals, nullptr, &pause);
      if (signal == SIGTERM || signal == SIGINT) {
        log::info("stopping", {{"signal", signal}});
        return 0;
      }
    }
    return failed;
  }

  // From the first part's start to the last one's stop.
  int run() {
    guard->start();
    server.start();
    std::size_t started = 0;
    int code = 0;
    try {
      for (; started < parts.size() && failed < 0; ++started) parts[started].start();
      log::info("started", {{"http_port", server.port()}});
      code = wait_for_the_end();
    } catch (...) {
      code = report_failure(settings.service);
    }
    stopping = true;
    const StopDeadline deadline;
    while (started > 0) parts[--started].stop();
    // Its handlers lean on the parts and on us.
    server.stop();
    guard->stop();
    log::info("stopped", {{"exit_code", code}});
    return code;
  }
};

ServiceHost::ServiceHost(Settings settings, http::Server& server, Metrics& metrics, Clock& clock)
    : impl_(std::make_shared<Impl>(std::move(settings), server, metrics, clock)) {}

const Settings& ServiceHost::settings() const { return impl_->settings; }
http::Server& ServiceHost::http() { return impl_->server; }
Metrics& ServiceHost::metrics() { return impl_->metrics; }
Clock& ServiceHost::clock() { return impl_->clock; }
bool ServiceHost::stopping() const { return impl_->stopping; }

void ServiceHost::ready_when(std::string name, std::function<std::string()> check) {
  const std::lock_guard lock(impl_->mutex);
  impl_->checks.emplace_back(std::move(name), std::move(check));
}

void ServiceHost::tell_definitions(std::function<std::vector<std::string>()> not_in_force) {
  const std::lock_guard lock(impl_->mutex);
  impl_->not_in_force = std::move(not_in_force);
}

void ServiceHost::need_scopes(NeededScope needed, Rates rates) {
  impl_->needed = std::move(needed);
  impl_->rates = rates;
}

void ServiceHost::add_part(std::string name, std::function<void()> start,
                           std::function<void()> stop) {
  impl_->parts.push_back({std::move(name), std::move(start), std::move(stop)});
}

void ServiceHost::fail(int exit_code, const std::string& message) {
  log::error("the service ends", {{"reason", message}, {"exit_code", exit_code}});
  int none = -1;
  impl_->failed.compare_exchange_strong(none, exit_code);
}

namespace {

// By default the heap raises the size from which a block is given back to the system when it is freed, up
// to 32 MB, after the first large block; batches of that size then stay resident once in every thread's
// arena. Fixed thresholds cost no measurable time and a quarter of transform's memory.
void give_memory_back() {
  ::mallopt(M_TRIM_THRESHOLD, 128 << 10);
  ::mallopt(M_MMAP_THRESHOLD, 128 << 10);
}

}  // namespace

int run_service(const std::string& service, int argc, char** argv,
                const std::function<void(ServiceHost&)>& wire) {
  give_memory_back();
  // Before any thread is made, so that all of them leave these signals to the main thread.
  const sigset_t signals = stop_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  try {
    Settings settings = read_settings(service, argc, argv);
    if (settings.only_ask_ready) return ask_readiness(settings);
    log::initialise(service, settings.log_level);
    arm_crash_point(settings.crash_point);
    log::info("starting", {{"settings", describe(settings)}});
    SystemClock clock;
    Metrics metrics(service);
    http::Server server(settings.http_address, settings.http_port);
    ServiceHost host(std::move(settings), server, metrics, clock);
    ServiceHost::Impl& impl = *host.impl_;
    impl.register_routes();
    wire(host);
    impl.guard_requests();
    return impl.run();
  } catch (...) {
    return report_failure(service);
  }
}

}  // namespace sluice
