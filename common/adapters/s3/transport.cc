#include "common/adapters/s3/transport.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <ctime>
#include <stdexcept>

#include "common/adapters/s3/signing.h"

namespace sluice::s3 {
namespace {

// "20130524T000000Z"
std::string now_for_signing() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char text[20];
  return {text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc)};
}

struct Receiving {
  HttpAnswer* answer;
  std::size_t limit;
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& receiving = *static_cast<Receiving*>(self);
  std::string& body = receiving.answer->body;
  const std::size_t room = receiving.limit - std::min(receiving.limit, body.size());
  body.append(data, std::min(size * count, room));
  return size * count <= room ? size * count : 0;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) {
  std::string_view line(data, size * count);
  auto& headers = static_cast<Receiving*>(self)->answer->headers;
  if (line.starts_with("HTTP/")) headers.clear();  // after "100 Continue"
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    std::string name(line.substr(0, colon));
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    line.remove_prefix(colon + 1);
    while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) {
      line.remove_suffix(1);
    }
    headers[std::move(name)] = line;
  }
  return size * count;
}

int on_progress(void* stopping, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<std::atomic<bool>*>(stopping)->load() ? 1 : 0;
}

// What curl says, in words that tell what to do where it is the certificate.
std::string words_of(CURLcode code, const char* words, const std::string& ca_file) {
  const std::string said = *words != '\0' ? words : curl_easy_strerror(code);
  if (code == CURLE_PEER_FAILED_VERIFICATION) {
    return "the server's certificate is not accepted (" + said + "); the authorities to trust are " +
           (ca_file.empty() ? "the system's" : "those in " + ca_file) +
           ", others are named by SLUICE_S3_CA_FILE or AWS_CA_BUNDLE";
  }
  if (code == CURLE_SSL_CACERT_BADFILE) {
    return "the authorities to trust cannot be read from " + ca_file +
           ", which SLUICE_S3_CA_FILE or AWS_CA_BUNDLE names: it must be a file in PEM";
  }
  return said;
}

class HeaderList {
 public:
  ~HeaderList() { curl_slist_free_all(list_); }
  void add(const std::string& name, const std::string& value) {
    list_ = curl_slist_append(list_, (name + ": " + value).c_str());
  }
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

}  // namespace

Transport::Transport(std::string region, std::string ca_file)
    : region_(std::move(region)), ca_file_(std::move(ca_file)) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialised != CURLE_OK) throw std::runtime_error("libcurl cannot be initialised");
}

Transport::~Transport() {
  for (void* handle : idle_) curl_easy_cleanup(handle);
}

void* Transport::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      void* handle = idle_.back();
      idle_.pop_back();
      return handle;
    }
  }
  return curl_easy_init();
}

void Transport::give_back(void* handle) {
  curl_easy_reset(handle);  // its connections stay open
  const std::lock_guard lock(mutex_);
  idle_.push_back(handle);
}

HttpAnswer Transport::send(const HttpRequest& request, const Keys& keys) {
  HttpAnswer answer;
  CURL* curl = take();
  if (curl == nullptr) {
    answer.trouble = "out of memory";
    return answer;
  }
  Receiving receiving{&answer, request.answer_limit};
  HeaderList headers;
  const ToSign to_sign{request.method, request.url, request.headers, sha256_hex(request.body)};
  for (const auto& [name, value] : signed_headers(to_sign, keys, region_, now_for_signing())) {
    headers.add(name, value);
  }
  if (!request.body.empty()) headers.add("Content-Type", "application/octet-stream");

  char words[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words);
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "sluice");
  // A server that is away is noticed soon; one that answers may take its time between bytes.
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, 15L);
  curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(curl, CURLOPT_EXPECT_100_TIMEOUT_MS, 200L);
  // S3 itself speaks nothing newer, and one transfer a connection gains nothing by it.
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  if (!ca_file_.empty()) {  // those and no others, as AWS's tools read it
    curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file_.c_str());
    curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  }
  if (request.method == "HEAD") {
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET") {
    if (request.method != "DELETE") {
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data() == nullptr ? "" : request.body.data());
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &receiving);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &receiving);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &stopping_);

  const CURLcode code = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  answer.complete = code == CURLE_OK;
  if (code != CURLE_OK) answer.trouble = words_of(code, words, ca_file_);
  answer.hopeless = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE;
  give_back(curl);
  return answer;
}

}  // namespace sluice::s3
