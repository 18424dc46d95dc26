// sluice-ingest: files of the landing folder, of buckets and of uploads become records, exactly once.

#include <memory>
#include <string>

#include "common/runtime/service_host.h"
#include "services/ingest/service.h"

namespace {

// A bucket's event: the objects are looked for at once instead of at the next listing.
sluice::http::Response take_hint(sluice::ingest::Service& service,
                                 const sluice::http::Request& request) {
  const auto objects = sluice::ingest::parse_hint(request.body);
  if (!objects) {
    return sluice::http::problem(400, "Not an event", "The body is no JSON object.");
  }
  sluice::http::Response response;
  response.status = 202;
  response.body = "{\"objects\":" + std::to_string(objects->size()) +
                  ",\"sources\":" + std::to_string(service.hint(*objects)) + "}";
  return response;
}

}  // namespace

int main(int argc, char** argv) {
  return sluice::run_service("ingest", argc, argv, [](sluice::ServiceHost& host) {
    auto service = std::make_shared<sluice::ingest::Service>(
        host.settings(), host.metrics(), host.clock(),
        [&host](int exit_code, const std::string& message) { host.fail(exit_code, message); });
    host.http().route_streaming(
        "POST", "/v1/uploads", host.settings().upload_limit_bytes,
        [service](const sluice::http::Request& request, sluice::http::BodyReader& body) {
          return service->uploads().receive(request, body);
        });
    host.http().route_streaming(
        "POST", "/v1/retries", host.settings().upload_limit_bytes,
        [service](const sluice::http::Request& request, sluice::http::BodyReader& body) {
          return service->uploads().receive_retry(request, body);
        });
    host.http().route("GET", "/v1/uploads/{id}", sluice::http::Runs::kOnIoThread,
                      [service](const sluice::http::Request& request) {
                        const auto state = service->uploads().first_state(request.captures[0]);
                        if (state) return sluice::http::Response{200, "application/json", {}, *state};
                        return sluice::http::problem(404, "No such file",
                                                     "No file of this id was uploaded lately.");
                      });
    host.need_scopes(
        [](std::string_view method, std::string_view) {
          return method == "GET" || method == "HEAD" ? sluice::access::Scope::kRead : sluice::access::Scope::kWrite;
        },
        sluice::ServiceHost::Rates::kFree);
    host.metrics().watch_disk("in", host.settings().data_in());
    host.metrics().watch_disk("archive", host.settings().data_archive());
    host.ready_when("ingest", [service] { return service->not_ready(); });
    host.tell_definitions([service] { return service->refused_definitions(); });
    host.http().route("POST", "/v1/hints/s3", sluice::http::Runs::kOnIoThread,
                      [service](const sluice::http::Request& request) {
                        return take_hint(*service, request);
                      });
    host.add_part(
        "ingest", [service] { service->start(); }, [service] { service->stop(); });
  });
}
