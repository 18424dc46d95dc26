#include "common/adapters/http/routing.h"

#include <algorithm>

#include "common/base/check.h"

namespace sluice::http {
namespace {

bool is_capture(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> out;
  path.remove_prefix(1);
  for (;;) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    out.emplace_back(path.substr(0, slash));
    if (slash == path.size()) return out;
    path.remove_prefix(slash + 1);
  }
}

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
  return std::equal(pattern.begin(), pattern.end(), segments.begin(), segments.end(),
                    [](const std::string& p, const std::string& s) {
                      return is_capture(p) ? !s.empty() : p == s;
                    });
}

// Whether `a` is the more literal of two patterns that fit the same path.
bool more_literal(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (is_capture(a[i]) != is_capture(b[i])) return is_capture(b[i]);
  }
  return false;
}

}  // namespace

std::size_t Router::add(std::string method, std::string pattern) {
  SLUICE_CHECK(pattern.starts_with('/'), "a route's pattern begins with a slash");
  for (const Route& route : routes_) {
    SLUICE_CHECK(route.method != method || route.pattern != pattern, "a route is registered once");
  }
  auto segments = split(pattern);
  routes_.push_back({std::move(method), std::move(pattern), std::move(segments)});
  return routes_.size() - 1;
}

Router::Match Router::match(std::string_view method,
                            const std::vector<std::string>& segments) const {
  Match out;
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    const Route& route = routes_[i];
    if (!fits(route.segments, segments)) continue;
    out.allowed.push_back(route.method);
    if (route.method == "GET") out.allowed.emplace_back("HEAD");
    const bool better =
        !out.found || more_literal(route.segments, routes_[out.found->route].segments);
    if (route.method == wanted && better) out.found = Found{i, {}};
  }
  std::sort(out.allowed.begin(), out.allowed.end());
  out.allowed.erase(std::unique(out.allowed.begin(), out.allowed.end()), out.allowed.end());
  if (out.found) {
    const auto& pattern = routes_[out.found->route].segments;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (is_capture(pattern[i])) out.found->captures.push_back(segments[i]);
    }
  }
  return out;
}

}  // namespace sluice::http
