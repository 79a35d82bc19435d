// libcurl, loaded when it is needed and not linked: with the some forty libraries that it brings it
// takes more memory than the notifier itself, and most hosts send a mail a month.
#pragma once

#include <curl/curl.h>

#include <string>

#include "common/error.h"

namespace holdfast::notifier {

constexpr const char* kCurlFile = "libcurl.so.4";

// The functions that we use, under their names without `curl_`.
struct CurlLibrary {
  decltype(&curl_global_init) global_init = nullptr;
  decltype(&curl_easy_init) easy_init = nullptr;
  decltype(&curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&curl_easy_setopt) easy_setopt = nullptr;
  decltype(&curl_easy_perform) easy_perform = nullptr;
  decltype(&curl_easy_strerror) easy_strerror = nullptr;
  decltype(&curl_easy_escape) easy_escape = nullptr;
  decltype(&curl_free) free = nullptr;
  decltype(&curl_slist_append) slist_append = nullptr;
  decltype(&curl_slist_free_all) slist_free_all = nullptr;
};

// Loads and initializes it. It stays for the life of the process: what it brings does not let
// itself be unloaded. `file` as dlopen(3) has it. An error says what is missing, in one line.
Result<CurlLibrary> load_curl(const std::string& file);

}  // namespace holdfast::notifier
