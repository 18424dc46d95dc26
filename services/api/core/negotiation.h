#pragma once
// Which format a client wants (RFC 9110 §12.5.1), and whether it has the answer already.

#include <optional>
#include <string_view>

#include "services/api/core/row_writer.h"

namespace sluice::api {

// The best of our formats for an Accept header; JSON for none and for */*. nullopt: none of ours
// (406).
std::optional<Format> negotiate(std::string_view accept);

// ?format=json, csv or ndjson; nullopt: another word.
std::optional<Format> format_named(std::string_view name);

// How many rows a page has where the client does not say: JSON is for looking, the others are taken for the
// whole and have as many as a page may.
int limit_unless_given(Format format);

// Whether If-None-Match names this ETag (with its quotes), by weak comparison.
bool is_known_to_client(std::string_view if_none_match, std::string_view etag);

}  // namespace sluice::api
