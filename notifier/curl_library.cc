#include "notifier/curl_library.h"

#include <dlfcn.h>

#include "common/log.h"

namespace holdfast::notifier {
namespace {

constexpr size_t kReasonMax = 500;

Error not_loaded(const std::string& file) {
  // Of the only thread that loads anything. NOLINTNEXTLINE(concurrency-mt-unsafe)
  const char* const why = ::dlerror();
  return {log::printable(why != nullptr ? why : file + " cannot be loaded", kReasonMax)};
}

template <class Function>
bool find(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(::dlsym(library, name));
  return function != nullptr;
}

}  // namespace

Result<CurlLibrary> load_curl(const std::string& file) {
  // Lazily: a mail uses few of the functions that forty libraries want of each other.
  void* const library = ::dlopen(file.c_str(), RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return std::unexpected(not_loaded(file));
  CurlLibrary curl;
  const bool complete = find(library, "curl_global_init", curl.global_init) &&
                        find(library, "curl_easy_init", curl.easy_init) &&
                        find(library, "curl_easy_cleanup", curl.easy_cleanup) &&
                        find(library, "curl_easy_setopt", curl.easy_setopt) &&
                        find(library, "curl_easy_perform", curl.easy_perform) &&
                        find(library, "curl_easy_strerror", curl.easy_strerror) &&
                        find(library, "curl_easy_escape", curl.easy_escape) &&
                        find(library, "curl_free", curl.free) &&
                        find(library, "curl_slist_append", curl.slist_append) &&
                        find(library, "curl_slist_free_all", curl.slist_free_all);
  if (!complete) return std::unexpected(not_loaded(file));
  if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return failure(file + " cannot be initialized");
  }
  return curl;
}

}  // namespace holdfast::notifier
