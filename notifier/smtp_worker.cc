#include "notifier/smtp_worker.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <csignal>
#include <cstring>
#include <memory>
#include <utility>

#include "common/log.h"

namespace holdfast::notifier {
namespace {

// How long the server may take over its goodbye, once the mail is delivered.
constexpr std::chrono::seconds kGoodbyeLimit{2};

using Curl = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using CurlList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;
using CurlText = std::unique_ptr<char, decltype(&curl_free)>;

// libcurl and its TLS library take 2 MiB when they begin: not before there is a mail. Only one
// thread uses them.
struct Library {
  Library() { curl_global_init(CURL_GLOBAL_DEFAULT); }
  ~Library() { curl_global_cleanup(); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  Library(Library&&) = delete;
  Library& operator=(Library&&) = delete;
};

// What libcurl's callbacks see of one transaction.
struct Transaction {
  const SmtpJob* job = nullptr;
  const std::stop_token* stop = nullptr;
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
  const bool end = transaction.stop->stop_requested() || BootClock::now() >= transaction.deadline;
  return end ? 1 : 0;
}

long milliseconds(Duration duration) {
  return static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

template <class Value>
void set(const Curl& curl, CURLoption option, Value value) {
  const CURLcode result = curl_easy_setopt(curl.get(), option, value);
  // Refused only for options that this libcurl does not have, or without memory.
  assert(result == CURLE_OK);
  static_cast<void>(result);
}

// smtp://SERVER:PORT/HELO: libcurl greets with the path.
std::string url_of(const Curl& curl, const SmtpJob& job) {
  const CurlText helo(
      curl_easy_escape(curl.get(), job.helo_name.c_str(), static_cast<int>(job.helo_name.size())),
      curl_free);
  const bool bracket = job.server.find(':') != std::string::npos;
  return fmt::format("smtp://{}{}{}:{}/{}", bracket ? "[" : "", job.server, bracket ? "]" : "",
                     job.port, helo ? helo.get() : "localhost");
}

// Nothing without memory, or without addresses.
CurlList recipient_list(const std::vector<std::string>& addresses) {
  CurlList list(nullptr, curl_slist_free_all);
  for (const std::string& address : addresses) {
    curl_slist* first = curl_slist_append(list.get(), address.c_str());
    if (first == nullptr) return {nullptr, curl_slist_free_all};
    if (!list) list = CurlList(first, curl_slist_free_all);
  }
  return list;
}

void set_limits(const Curl& curl, const SmtpJob& job) {
  set(curl, CURLOPT_NOSIGNAL, 1L);
  // A name look-up that hangs is left behind instead of waited for.
  set(curl, CURLOPT_QUICK_EXIT, 1L);
  set(curl, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(job.connect_timeout));
  set(curl, CURLOPT_TIMEOUT_MS, milliseconds(kTransactionLimit));
  set(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(kTransactionLimit.count()));
  set(curl, CURLOPT_PROTOCOLS_STR, "smtp");
  // An http_proxy in the environment is not for mail.
  set(curl, CURLOPT_PROXY, "");
  set(curl, CURLOPT_FRESH_CONNECT, 1L);
  set(curl, CURLOPT_FORBID_REUSE, 1L);
}

}  // namespace

Delivery deliver(const SmtpJob& job, const std::stop_token& stop) {
  Transaction transaction{.job = &job,
                          .stop = &stop,
                          .dialogue = {},
                          .text_given = 0,
                          .deadline = BootClock::now() + kTransactionLimit};
  const Curl curl(curl_easy_init(), curl_easy_cleanup);
  if (!curl) return transaction.dialogue.conclude("libcurl: out of memory");
  const CurlList recipients = recipient_list(job.mail.to);
  if (!recipients) return transaction.dialogue.conclude("libcurl: out of memory");
  std::array<char, CURL_ERROR_SIZE> error{};
  set_limits(curl, job);
  const std::string url = url_of(curl, job);
  set(curl, CURLOPT_URL, url.c_str());
  set(curl, CURLOPT_MAIL_FROM, job.mail.from.c_str());
  set(curl, CURLOPT_MAIL_RCPT, recipients.get());
  // One mistyped recipient must not keep the mail from the others.
  set(curl, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
  set(curl, CURLOPT_UPLOAD, 1L);
  set(curl, CURLOPT_READFUNCTION, give_text);
  set(curl, CURLOPT_READDATA, &transaction);
  set(curl, CURLOPT_VERBOSE, 1L);
  set(curl, CURLOPT_DEBUGFUNCTION, watch_dialogue);
  set(curl, CURLOPT_DEBUGDATA, &transaction);
  set(curl, CURLOPT_NOPROGRESS, 0L);
  set(curl, CURLOPT_XFERINFOFUNCTION, watch_progress);
  set(curl, CURLOPT_XFERINFODATA, &transaction);
  set(curl, CURLOPT_ERRORBUFFER, error.data());
  const CURLcode result = curl_easy_perform(curl.get());
  const std::string_view why = error[0] != '\0' ? error.data() : curl_easy_strerror(result);
  return transaction.dialogue.conclude(
      result == CURLE_OK ? ""
                         : fmt::format("{}:{}: {}", job.server, job.port, log::printable(why)));
}

SmtpWorker::SmtpWorker(EventLoop& loop, std::function<void(const Delivery&)> done)
    : done_(std::move(done)), result_ready_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  source_ = loop.add_io(result_ready_.get(), EPOLLIN, [this] { on_result(); });
  // Signals are the loop's: the thread, and those that libcurl starts from it, get none.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

SmtpWorker::~SmtpWorker() {
  thread_.request_stop();
  thread_.join();
}

void SmtpWorker::send(SmtpJob job) {
  {
    const std::lock_guard lock(mutex_);
    assert(!job_);
    job_ = std::move(job);
  }
  job_ready_.notify_one();
}

void SmtpWorker::work(const std::stop_token& stop) {
  std::optional<Library> library;
  for (;;) {
    SmtpJob job;
    {
      std::unique_lock lock(mutex_);
      if (!job_ready_.wait(lock, stop, [this] { return job_.has_value(); })) return;
      if (!job_) continue;
      job = *job_;
    }
    if (!library) library.emplace();
    Delivery delivery = deliver(job, stop);
    {
      const std::lock_guard lock(mutex_);
      job_.reset();
      result_ = std::move(delivery);
    }
    ::eventfd_write(result_ready_.get(), 1);
  }
}

void SmtpWorker::on_result() {
  eventfd_t ignored = 0;
  ::eventfd_read(result_ready_.get(), &ignored);
  std::optional<Delivery> result;
  {
    const std::lock_guard lock(mutex_);
    result = std::exchange(result_, std::nullopt);
  }
  if (result) done_(*result);
}

}  // namespace holdfast::notifier
