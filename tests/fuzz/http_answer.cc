// What a server answers to our own client.

#include "common/adapters/http/client.h"
#include "tests/fuzz/support/choices.h"
#include "tests/fuzz/support/law.h"

using namespace sluice;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices(data, size);
  const bool head_only = choices.yes();
  const std::string_view bytes = choices.rest();
  const auto answer = http::parse_response(bytes, head_only);
  if (!answer) {
    LAW("a refusal says why", !answer.error().message.empty());
    return 0;
  }
  LAW("a status has three digits", answer->status >= 0 && answer->status <= 999);
  LAW("a body came in the bytes", answer->body.size() <= bytes.size());
  LAW("a head has no body", !head_only || answer->body.empty());
  // Written plainly, it reads as the same.
  std::string again = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(answer->body.size()) + "\r\n\r\n" + answer->body;
  const auto second = http::parse_response(again, false);
  LAW("a body reads back", second && second->body == answer->body);
  again.pop_back();
  if (!answer->body.empty()) LAW("an answer that is cut is refused", !http::parse_response(again, false));
  return 0;
}
