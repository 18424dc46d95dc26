#pragma once
// Which route a request belongs to. Pure: patterns and paths in, an index out.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::http {

class Router {
 public:
  // "/v1/reports/{name}"; a capture is a whole segment. Returns the route's number: 0, 1, 2 …
  // The same method and pattern twice is a bug and ends the process.
  std::size_t add(std::string method, std::string pattern);

  struct Found {
    std::size_t route = 0;
    std::vector<std::string> captures;
  };
  struct Match {
    std::optional<Found> found;
    // The methods the path knows, sorted; empty: no such path. With GET there is HEAD.
    std::vector<std::string> allowed;
  };
  // HEAD finds the route of GET. A literal segment wins over a capture, from left to right.
  // A capture never matches an empty segment.
  Match match(std::string_view method, const std::vector<std::string>& segments) const;

  const std::string& method(std::size_t route) const { return routes_[route].method; }
  const std::string& pattern(std::size_t route) const { return routes_[route].pattern; }
  std::size_t size() const { return routes_.size(); }

 private:
  struct Route {
    std::string method;
    std::string pattern;
    std::vector<std::string> segments;
  };
  std::vector<Route> routes_;
};

}  // namespace sluice::http
