#pragma once
// SHA-256 in pieces.

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace sluice::ingest {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void add(std::string_view bytes);
  // 64 hex digits; the object is spent.
  std::string hex();

 private:
  evp_md_ctx_st* context_;
};

}  // namespace sluice::ingest
