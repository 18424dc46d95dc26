#include "services/loader/election.h"

#include "common/telemetry/log.h"

namespace sluice::loader {
namespace {

// A session without a sign of life is ended by the server, so that another one can lead.
constexpr const char* kSession =
    "SELECT set_config('idle_session_timeout', '30s', false), "
    "set_config('idle_in_transaction_session_timeout', '60s', false), "
    "set_config('tcp_keepalives_idle', '10', false), "
    "set_config('tcp_keepalives_interval', '5', false), "
    "set_config('tcp_keepalives_count', '3', false), "
    // Of one that is frozen while rows are copied to it, the session is never idle.
    "set_config('tcp_user_timeout', '60000', false), set_config('TimeZone', 'UTC', false)";

}  // namespace

Election::Election(std::string postgres_url, std::string application_name, std::string office)
    : url_(std::move(postgres_url)),
      application_name_(std::move(application_name)),
      office_(std::move(office)) {}

Election::~Election() { resign(); }

postgres::Connection* Election::lead() {
  if (connection_ && !connection_->alive()) resign();
  if (!connection_) {
    connection_ = std::make_unique<postgres::Connection>(url_, application_name_);
    connection_->run(kSession);
  }
  if (!leads_) {
    const std::optional<std::string> office[] = {office_};
    leads_ = connection_->run("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", office)
                 .text(0, 0) == "t";
    if (leads_) ++terms_;
    if (leads_) log::info("this process leads", {{"office", office_}});
  }
  return leads_ ? connection_.get() : nullptr;
}

void Election::resign() noexcept {
  if (leads_ && connection_ && connection_->idle()) {
    try {  // the end of a session gives the lock back too, but a moment later
      connection_->run("SELECT pg_advisory_unlock_all()");
    } catch (const std::exception&) {
    }
  }
  leads_ = false;
  connection_.reset();
}

}  // namespace sluice::loader
