#include "common/adapters/s3/client.h"

#include <algorithm>
#include <charconv>
#include <random>
#include <thread>

namespace sluice::s3 {
namespace {

using Steady = std::chrono::steady_clock;

// The largest copy in one request.
constexpr std::uint64_t kLargestCopy = std::uint64_t{5} << 30;
constexpr std::uint64_t kCopyPart = std::uint64_t{1} << 30;

// An error's words, whatever little was asked for.
constexpr std::size_t kErrorBytes = 64 * 1024;

bool is_success(int status) { return status >= 200 && status < 300; }

// The server is busy or was cut off.
bool is_passing(const HttpAnswer& answer) {
  return !answer.complete || answer.status >= 500 || answer.status == 429 || answer.status == 408;
}

// The server's own word that these keys may not, which is no word about the keys themselves.
bool is_denial(const std::string& code) {
  return code == "AccessDenied" || code == "AllAccessDisabled" || code == "InvalidObjectState";
}

// A server, or what stands before it, that does not speak XML: its first line.
std::string plain_words(const HttpAnswer& answer) {
  const auto type = answer.headers.find("content-type");
  if (type != answer.headers.end() && !type->second.starts_with("text/plain")) return {};
  return answer.body.substr(0, std::min<std::size_t>(answer.body.find_first_of("\r\n"), 200));
}

Endpoint checked_endpoint(const S3Settings& settings, const Environment& environment) {
  const std::string url = find_endpoint(settings, environment);
  const auto endpoint = endpoint_of(url, find_region(settings, environment), settings.addressing);
  if (!endpoint) {
    throw ConfigError("the S3 endpoint \"" + url +
                      "\" is no URL such as https://s3.example.com:9000");
  }
  return *endpoint;
}

std::string quoted(const std::string& etag) { return "\"" + etag + "\""; }

}  // namespace

Client::Client(const S3Settings& settings, Environment environment, ClientSettings patience)
    : settings_(settings),
      environment_(std::move(environment)),
      patience_(patience),
      endpoint_(checked_endpoint(settings, environment_)),
      transport_(find_region(settings, environment_), find_ca_file(settings, environment_)) {}

HttpAnswer Client::once(const Call& call, std::size_t answer_limit) {
  const auto keys = find_keys(settings_, environment_);
  if (!keys) {
    HttpAnswer answer;
    answer.trouble = keys.error().message;
    return answer;
  }
  HttpRequest request;
  request.method = call.method;
  request.url = url_of(endpoint_, call.bucket, call.key, call.query);
  request.headers = call.headers;
  request.body = call.body;
  request.answer_limit = answer_limit;
  return transport_.send(request, *keys);
}

// 50 ms, 100 ms, 200 ms … with some chance in it, so that many do not come back at once.
void Client::pause(int tries) const {
  static thread_local std::minstd_rand random{std::random_device{}()};
  const auto longest = patience_.first_pause * (1 << std::min(tries, 5));
  const auto until = Steady::now() + longest / 2 +
                     std::chrono::milliseconds(random() % (longest.count() / 2 + 1));
  while (Steady::now() < until && !transport_.stopping()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Answer<HttpAnswer> Client::perform(const Call& call) {
  const auto deadline = Steady::now() + patience_.patience;
  for (int tries = 0;; ++tries) {
    HttpAnswer answer = once(call, std::size_t{8} << 20);
    // Copies and completed uploads may say 200 and fail in the body.
    const bool hidden_error = answer.complete && answer.status == 200 && call.method != "GET" &&
                              !answer.body.empty() && !parse_error(answer.body).code.empty();
    if (answer.complete && is_success(answer.status) && !hidden_error) return answer;
    const bool again = hidden_error || (is_passing(answer) && !answer.hopeless);
    if (!again || transport_.stopping() || Steady::now() >= deadline) {
      return tl::unexpected(failure_of(call, answer));
    }
    pause(tries);
  }
}

Failure Client::failure_of(const Call& call, const HttpAnswer& answer) const {
  const ErrorAnswer error = parse_error(answer.body);
  Failure out;
  out.status = answer.status;
  out.message = call.method + " " + path_of(call.bucket, call.key) + " at " + endpoint_.host + ": ";
  if (answer.status != 0) out.message += "HTTP " + std::to_string(answer.status) + " ";
  if (!error.code.empty()) out.message += error.code + " " + error.message;
  if (error.code.empty() && answer.status >= 400) out.message += plain_words(answer);
  out.message += answer.trouble;
  while (out.message.ends_with(' ')) out.message.pop_back();
  if (is_passing(answer)) {
    out.kind = FailureKind::kAway;
  } else if (answer.status == 404) {
    out.kind = FailureKind::kGone;
  } else if (answer.status == 412) {
    out.kind = FailureKind::kChanged;
  } else if (answer.status == 401 || answer.status == 403) {
    // Wrong or expired keys: a person puts it right, and what waits goes on.
    out.kind = is_denial(error.code) ? FailureKind::kDenied : FailureKind::kAway;
  } else if (answer.status >= 300 && answer.status < 400) {
    out.message += " (is the region right?)";
  } else {
    out.kind = is_success(answer.status) ? FailureKind::kAway : FailureKind::kRefused;
  }
  return out;
}

Answer<bool> Client::list(const std::string& bucket, const std::string& prefix,
                          const std::function<void(std::vector<ObjectInfo>)>& page) {
  std::string token;
  do {
    Call call{"GET", bucket, ""};
    call.query = {{"list-type", "2"}, {"max-keys", "1000"}, {"prefix", prefix}};
    if (!token.empty()) call.query["continuation-token"] = token;
    auto answer = perform(call);
    if (!answer) return tl::unexpected(answer.error());
    auto parsed = parse_list(answer->body, false);
    if (!parsed) {  // a key with a character that XML has not
      call.query["encoding-type"] = "url";
      answer = perform(call);
      if (!answer) return tl::unexpected(answer.error());
      parsed = parse_list(answer->body, true);
    }
    if (!parsed) {
      return tl::unexpected(Failure{FailureKind::kRefused, "GET " + path_of(bucket, prefix) + " at " +
                                                               endpoint_.host + ": " +
                                                               parsed.error().message});
    }
    token = parsed->next;
    page(std::move(parsed->objects));
  } while (!token.empty() && !transport_.stopping());
  if (!token.empty()) return tl::unexpected(Failure{FailureKind::kAway, "stopping"});
  return true;
}

Answer<ObjectInfo> Client::head(const std::string& bucket, const std::string& key) {
  auto answer = perform({"HEAD", bucket, key});
  if (!answer && answer.error().status == 403) {
    // An answer to HEAD has no words. Why it was refused is said to a GET.
    const auto said = perform({"GET", bucket, key, {}, {{"Range", "bytes=0-0"}}});
    if (!said) return tl::unexpected(said.error());
  }
  if (!answer) return tl::unexpected(answer.error());
  ObjectInfo out;
  out.key = key;
  out.etag = unquoted(answer->headers["etag"]);
  const std::string& length = answer->headers["content-length"];
  std::from_chars(length.data(), length.data() + length.size(), out.bytes);
  return out;
}

Answer<bool> Client::get(const std::string& bucket, const std::string& key,
                         const std::string& etag, std::uint64_t from, std::size_t size,
                         std::string& into) {
  auto deadline = Steady::now() + patience_.patience;
  for (int tries = 0; size > 0; ++tries) {
    Call call{"GET", bucket, key};
    call.headers.emplace_back("If-Match", quoted(etag));
    call.headers.emplace_back(
        "Range", "bytes=" + std::to_string(from) + "-" + std::to_string(from + size - 1));
    HttpAnswer answer = once(call, std::max(size, kErrorBytes));
    const bool ranged = answer.status == 206 || (answer.status == 200 && from == 0);
    // The header counts, not the server's promise to look at If-Match.
    if (ranged && unquoted(answer.headers["etag"]) != etag) {
      return tl::unexpected(
          Failure{FailureKind::kChanged, path_of(bucket, key) + " is another version now"});
    }
    if (ranged && answer.body.size() > size) {
      return tl::unexpected(Failure{FailureKind::kRefused, "the server does not give ranges of " +
                                                               path_of(bucket, key)});
    }
    if (ranged) {
      into += answer.body;
      if (answer.complete) return true;
      from += answer.body.size();
      size -= answer.body.size();
      if (!answer.body.empty()) {  // it goes on: patience starts anew
        deadline = Steady::now() + patience_.patience;
        tries = 0;
      }
    }
    const bool again = ranged || (is_passing(answer) && !answer.hopeless);
    if (size == 0) break;
    if (!again || transport_.stopping() || Steady::now() >= deadline) {
      return tl::unexpected(failure_of(call, answer));
    }
    pause(tries);
  }
  return true;
}

Answer<bool> Client::put(const std::string& bucket, const std::string& key, std::string_view body) {
  const auto answer = perform({"PUT", bucket, key, {}, {}, body});
  if (!answer) return tl::unexpected(answer.error());
  return true;
}

Answer<bool> Client::copy(const std::string& bucket, const std::string& from,
                          const std::string& etag, std::uint64_t bytes, const std::string& to) {
  if (bytes > kLargestCopy) return copy_in_parts(bucket, from, etag, bytes, to);
  Call call{"PUT", bucket, to};
  call.headers = {{"x-amz-copy-source", "/" + bucket + "/" + encoded(from, true)},
                  {"x-amz-copy-source-if-match", quoted(etag)}};
  const auto answer = perform(call);
  if (!answer) return tl::unexpected(answer.error());
  return true;
}

Answer<bool> Client::copy_in_parts(const std::string& bucket, const std::string& from,
                                   const std::string& etag, std::uint64_t bytes,
                                   const std::string& to) {
  const auto upload = begin_upload(bucket, to);
  if (!upload) return tl::unexpected(upload.error());
  std::vector<std::string> etags;
  for (std::uint64_t at = 0; at < bytes; at += kCopyPart) {
    Call call{"PUT", bucket, to};
    call.query = {{"partNumber", std::to_string(etags.size() + 1)}, {"uploadId", *upload}};
    const std::uint64_t last = std::min(at + kCopyPart, bytes) - 1;
    call.headers = {
        {"x-amz-copy-source", "/" + bucket + "/" + encoded(from, true)},
        {"x-amz-copy-source-if-match", quoted(etag)},
        {"x-amz-copy-source-range", "bytes=" + std::to_string(at) + "-" + std::to_string(last)}};
    const auto answer = perform(call);
    if (!answer) {
      (void)abort_upload(bucket, to, *upload);
      return tl::unexpected(answer.error());
    }
    etags.push_back(unquoted(first_text(answer->body, "ETag")));
  }
  return complete_upload(bucket, to, *upload, etags);
}

Answer<bool> Client::remove(const std::string& bucket, const std::string& key,
                            const std::string& etag) {
  // Not every server knows conditions on a removal, so look first.
  const auto now = head(bucket, key);
  if (!now) {
    if (now.error().kind == FailureKind::kGone) return true;
    return tl::unexpected(now.error());
  }
  if (now->etag != etag) {
    return tl::unexpected(
        Failure{FailureKind::kChanged, path_of(bucket, key) + " is another version now"});
  }
  Call call{"DELETE", bucket, key};
  call.headers.emplace_back("If-Match", quoted(etag));
  auto answer = perform(call);
  // 501: this server refuses the condition instead of ignoring it.
  if (!answer && answer.error().message.find("NotImplemented") != std::string::npos) {
    call.headers.clear();
    answer = perform(call);
  }
  if (!answer && answer.error().kind != FailureKind::kGone) return tl::unexpected(answer.error());
  return true;
}

Answer<Client::Tags> Client::tags(const std::string& bucket, const std::string& key) {
  const auto answer = perform({"GET", bucket, key, {{"tagging", ""}}});
  if (answer) return parse_tags(answer->body);
  // Some servers' way to say that there are none.
  if (answer.error().message.find("NoSuchTagSet") != std::string::npos) return Tags{};
  return tl::unexpected(answer.error());
}

Answer<bool> Client::tag(const std::string& bucket, const std::string& key, const std::string& name,
                         const std::string& value) {
  auto all = tags(bucket, key);
  if (!all) return tl::unexpected(all.error());
  if (std::ranges::find(*all, std::pair(name, value)) != all->end()) return true;
  std::erase_if(*all, [&](const auto& tag) { return tag.first == name; });
  all->emplace_back(name, value);
  std::string xml = "<Tagging><TagSet>";
  for (const auto& [tag_name, tag_value] : *all) {
    xml += "<Tag><Key>" + xml_escaped(tag_name) + "</Key><Value>" + xml_escaped(tag_value) +
           "</Value></Tag>";
  }
  xml += "</TagSet></Tagging>";
  const auto answer = perform({"PUT", bucket, key, {{"tagging", ""}}, {}, xml});
  if (!answer) return tl::unexpected(answer.error());
  return true;
}

Answer<std::string> Client::begin_upload(const std::string& bucket, const std::string& key) {
  const auto answer = perform({"POST", bucket, key, {{"uploads", ""}}});
  if (!answer) return tl::unexpected(answer.error());
  std::string upload = first_text(answer->body, "UploadId");
  if (upload.empty()) {
    return tl::unexpected(
        Failure{FailureKind::kRefused, "the server began no upload of " + path_of(bucket, key)});
  }
  return upload;
}

Answer<std::string> Client::upload_part(const std::string& bucket, const std::string& key,
                                        const std::string& upload, int number,
                                        std::string_view body) {
  auto answer = perform({"PUT",
                         bucket,
                         key,
                         {{"partNumber", std::to_string(number)}, {"uploadId", upload}},
                         {},
                         body});
  if (!answer) return tl::unexpected(answer.error());
  return unquoted(answer->headers["etag"]);
}

Answer<bool> Client::complete_upload(const std::string& bucket, const std::string& key,
                                     const std::string& upload,
                                     const std::vector<std::string>& etags) {
  std::string xml = "<CompleteMultipartUpload>";
  for (std::size_t i = 0; i < etags.size(); ++i) {
    xml += "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" +
           xml_escaped(quoted(etags[i])) + "</ETag></Part>";
  }
  xml += "</CompleteMultipartUpload>";
  const auto answer = perform({"POST", bucket, key, {{"uploadId", upload}}, {}, xml});
  if (!answer) return tl::unexpected(answer.error());
  return true;
}

Answer<std::vector<Upload>> Client::uploads(const std::string& bucket, const std::string& prefix) {
  const auto answer = perform({"GET", bucket, "", {{"prefix", prefix}, {"uploads", ""}}});
  if (!answer) return tl::unexpected(answer.error());
  std::vector<Upload> out = parse_uploads(answer->body);
  // Some servers give those of the whole bucket.
  std::erase_if(out, [&](const Upload& upload) { return !upload.key.starts_with(prefix); });
  return out;
}

Answer<bool> Client::abort_upload(const std::string& bucket, const std::string& key,
                                  const std::string& upload) {
  const auto answer = perform({"DELETE", bucket, key, {{"uploadId", upload}}});
  if (!answer) return tl::unexpected(answer.error());
  return true;
}

}  // namespace sluice::s3
