#include "notifier/smtp_transaction.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <memory>

#include "common/log.h"

namespace holdfast::notifier {
namespace {

using CurlList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;
using CurlText = std::unique_ptr<char, decltype(&curl_free)>;

// How long the server may take over its goodbye, once the mail is delivered.
constexpr std::chrono::seconds kGoodbyeLimit{2};

// What libcurl's callbacks see of one transaction.
struct Transaction {
  const SmtpJob* job = nullptr;
  SmtpDialogue dialogue;
  size_t text_given = 0;
  TimePoint deadline;
};

size_t give_text(char* buffer, size_t size, size_t count, void* data) {
  auto& transaction = *static_cast<Transaction*>(data);
  const std::string_view rest =
      std::string_view(transaction.job->mail.text).substr(transaction.text_given);
  const size_t given = std::min(rest.size(), size * count);
  std::memcpy(buffer, rest.data(), given);
  transaction.text_given += given;
  return given;
}

int watch_dialogue(CURL*, curl_infotype type, char* bytes, size_t size, void* data) {
  auto& transaction = *static_cast<Transaction*>(data);
  const bool had_accepted = transaction.dialogue.accepted();
  if (type == CURLINFO_HEADER_OUT) transaction.dialogue.sent({bytes, size});
  if (type == CURLINFO_HEADER_IN) transaction.dialogue.received({bytes, size});
  if (transaction.dialogue.accepted() && !had_accepted) {
    transaction.deadline = std::min(transaction.deadline, BootClock::now() + kGoodbyeLimit);
  }
  return 0;
}

// Called about once a second, also while a name is looked up and while libcurl waits for QUIT,
// which CURLOPT_TIMEOUT does not cover.
int watch_progress(void* data, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& transaction = *static_cast<const Transaction*>(data);
  return BootClock::now() >= transaction.deadline ? 1 : 0;
}

long milliseconds(Duration duration) {
  return static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

// One easy handle; empty without memory.
class Handle {
 public:
  explicit Handle(const CurlLibrary& library)
      : library_(library), curl_(library.easy_init(), library.easy_cleanup) {}

  explicit operator bool() const { return curl_ != nullptr; }
  template <class Value>
  void set(CURLoption option, Value value) const {
    const CURLcode result = library_.easy_setopt(curl_.get(), option, value);
    // Refused only for options that this libcurl does not have, or without memory.
    assert(result == CURLE_OK);
    static_cast<void>(result);
  }
  CurlText escaped(const std::string& text) const {
    return {library_.easy_escape(curl_.get(), text.c_str(), static_cast<int>(text.size())),
            library_.free};
  }
  CURLcode perform() const { return library_.easy_perform(curl_.get()); }

 private:
  const CurlLibrary& library_;
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_;
};

// smtp://SERVER:PORT/HELO: libcurl greets with the path.
std::string url_of(const Handle& curl, const SmtpJob& job) {
  const CurlText helo = curl.escaped(job.helo_name);
  const bool bracket = job.server.find(':') != std::string::npos;
  return fmt::format("smtp://{}{}{}:{}/{}", bracket ? "[" : "", job.server, bracket ? "]" : "",
                     job.port, helo ? helo.get() : "localhost");
}

// Nothing without memory, or without addresses.
CurlList recipient_list(const CurlLibrary& library, const std::vector<std::string>& addresses) {
  CurlList list(nullptr, library.slist_free_all);
  for (const std::string& address : addresses) {
    curl_slist* const first = library.slist_append(list.get(), address.c_str());
    if (first == nullptr) return {nullptr, library.slist_free_all};
    if (!list) list.reset(first);
  }
  return list;
}

void set_limits(const Handle& curl, const SmtpJob& job) {
  curl.set(CURLOPT_NOSIGNAL, 1L);
  // A name look-up that hangs is left behind instead of waited for.
  curl.set(CURLOPT_QUICK_EXIT, 1L);
  curl.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(job.connect_timeout));
  curl.set(CURLOPT_TIMEOUT_MS, milliseconds(kTransactionLimit));
  curl.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(kTransactionLimit.count()));
  curl.set(CURLOPT_PROTOCOLS_STR, "smtp");
  // An http_proxy in the environment is not for mail.
  curl.set(CURLOPT_PROXY, "");
  curl.set(CURLOPT_FRESH_CONNECT, 1L);
  curl.set(CURLOPT_FORBID_REUSE, 1L);
}

}  // namespace

Delivery deliver(const SmtpJob& job, const CurlLibrary& library) {
  Transaction transaction{.job = &job,
                          .dialogue = {},
                          .text_given = 0,
                          .deadline = BootClock::now() + kTransactionLimit};
  const Handle curl(library);
  if (!curl) return transaction.dialogue.conclude("libcurl: out of memory");
  const CurlList recipients = recipient_list(library, job.mail.to);
  if (!recipients) return transaction.dialogue.conclude("libcurl: out of memory");
  std::array<char, CURL_ERROR_SIZE> error{};
  set_limits(curl, job);
  const std::string url = url_of(curl, job);
  curl.set(CURLOPT_URL, url.c_str());
  curl.set(CURLOPT_MAIL_FROM, job.mail.from.c_str());
  curl.set(CURLOPT_MAIL_RCPT, recipients.get());
  // One mistyped recipient must not keep the mail from the others.
  curl.set(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
  curl.set(CURLOPT_UPLOAD, 1L);
  curl.set(CURLOPT_READFUNCTION, give_text);
  curl.set(CURLOPT_READDATA, &transaction);
  curl.set(CURLOPT_VERBOSE, 1L);
  curl.set(CURLOPT_DEBUGFUNCTION, watch_dialogue);
  curl.set(CURLOPT_DEBUGDATA, &transaction);
  curl.set(CURLOPT_NOPROGRESS, 0L);
  curl.set(CURLOPT_XFERINFOFUNCTION, watch_progress);
  curl.set(CURLOPT_XFERINFODATA, &transaction);
  curl.set(CURLOPT_ERRORBUFFER, error.data());
  const CURLcode result = curl.perform();
  const std::string_view why = error[0] != '\0' ? error.data() : library.easy_strerror(result);
  return transaction.dialogue.conclude(
      result == CURLE_OK ? ""
                         : fmt::format("{}:{}: {}", job.server, job.port, log::printable(why)));
}

}  // namespace holdfast::notifier
