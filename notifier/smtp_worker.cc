#include "notifier/smtp_worker.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

#include "common/log.h"
#include "delivery.pb.h"

namespace holdfast::notifier {
namespace {

// Beyond the transaction's own limit: a process that has not ended by then hangs in libcurl.
constexpr std::chrono::seconds kEndPatience{5};
// Thousands of refused recipients with what the server said of each.
constexpr size_t kDeliveryBytesMax = 4 << 20;
constexpr size_t kSaidMax = 1000;

void close_all_but_standard_and(int kept) {
  const auto close_range = [](int first, unsigned last) {
    ::syscall(SYS_close_range, static_cast<unsigned>(first), last, 0U);
  };
  if (kept > STDERR_FILENO + 1) {
    close_range(STDERR_FILENO + 1, static_cast<unsigned>(kept) - 1);
  }
  close_range(kept + 1, ~0U);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

// The forked process. An exception ends it, and that is told as any other end of it.
[[noreturn]] void run_transaction(const SmtpJob& job, const std::string& curl_file, int result,
                                  pid_t parent) noexcept {
  ::setpgid(0, 0);
  // Should the notifier die, the next one sends the mail.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  ::prctl(PR_SET_NAME, "smtp", 0, 0, 0);
  // Signals are the notifier's, also those that systemd sends to all of its processes at a stop.
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
  // Who closes a connection or a pipe in the notifier must be seen to have closed it.
  close_all_but_standard_and(result);
  const auto library = load_curl(curl_file);
  Delivery delivery{.kind = Delivery::Kind::kNotTried, .said = {}, .put_off = {}, .refused = {}};
  if (library) {
    delivery = deliver(job, *library);
  } else {
    delivery.said = library.error().text;
  }
  ::_exit(write_all(result, delivery_bytes(delivery)) ? 0 : 1);
}

Result<SpawnedScript> spawn_transaction(const SmtpJob& job, const std::string& curl_file) {
  auto pipes = make_script_pipes();
  if (!pipes) return std::unexpected(pipes.error());
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return system_failure("fork");
  if (pid == 0) run_transaction(job, curl_file, pipes->writing.output.get(), parent);
  ::setpgid(pid, pid);  // also here: whichever of the two comes first
  pipes->reading.pid = pid;
  return std::move(pipes->reading);
}

using Kind = Delivery::Kind;

wire::Delivery::Kind wire_kind(Kind kind) {
  switch (kind) {
    case Kind::kAccepted:
      return wire::Delivery::KIND_ACCEPTED;
    case Kind::kPutOff:
      return wire::Delivery::KIND_PUT_OFF;
    case Kind::kRefused:
      return wire::Delivery::KIND_REFUSED;
    case Kind::kNotTried:
      return wire::Delivery::KIND_NOT_TRIED;
    case Kind::kTryAgain:
      break;
  }
  return wire::Delivery::KIND_TRY_AGAIN;
}

std::optional<Kind> kind_of(wire::Delivery::Kind kind) {
  switch (kind) {
    case wire::Delivery::KIND_ACCEPTED:
      return Kind::kAccepted;
    case wire::Delivery::KIND_TRY_AGAIN:
      return Kind::kTryAgain;
    case wire::Delivery::KIND_PUT_OFF:
      return Kind::kPutOff;
    case wire::Delivery::KIND_REFUSED:
      return Kind::kRefused;
    case wire::Delivery::KIND_NOT_TRIED:
      return Kind::kNotTried;
    default:
      return std::nullopt;
  }
}

using WireRecipients = google::protobuf::RepeatedPtrField<wire::Delivery::Recipient>;

void put(const std::vector<Delivery::Recipient>& recipients, WireRecipients& into) {
  for (const Delivery::Recipient& recipient : recipients) {
    wire::Delivery::Recipient* const one = into.Add();
    one->set_address(recipient.address);
    one->set_said(recipient.said);
  }
}

// False if one of them is not in `to`.
bool take(const WireRecipients& recipients, const std::vector<std::string>& to,
          std::vector<Delivery::Recipient>& into) {
  for (const wire::Delivery::Recipient& recipient : recipients) {
    if (std::ranges::find(to, recipient.address()) == to.end()) return false;
    into.push_back({recipient.address(), log::printable(recipient.said(), kSaidMax)});
  }
  return true;
}

}  // namespace

std::string delivery_bytes(const Delivery& delivery) {
  wire::Delivery message;
  message.set_kind(wire_kind(delivery.kind));
  message.set_said(delivery.said);
  put(delivery.put_off, *message.mutable_put_off());
  put(delivery.refused, *message.mutable_refused());
  return message.SerializeAsString();
}

std::optional<Delivery> delivery_from(const std::string& bytes,
                                      const std::vector<std::string>& to) {
  wire::Delivery message;
  if (!message.ParseFromString(bytes)) return std::nullopt;
  const auto kind = kind_of(message.kind());
  if (!kind) return std::nullopt;
  Delivery delivery;
  delivery.kind = *kind;
  delivery.said = log::printable(message.said(), kSaidMax);
  if (message.put_off_size() + message.refused_size() > static_cast<int>(to.size()) ||
      !take(message.put_off(), to, delivery.put_off) ||
      !take(message.refused(), to, delivery.refused)) {
    return std::nullopt;
  }
  return delivery;
}

SmtpWorker::SmtpWorker(EventLoop& loop, std::function<void(const Delivery&)> done,
                       std::string curl_file)
    : loop_(loop), done_(std::move(done)), curl_file_(std::move(curl_file)) {}

void SmtpWorker::send(const SmtpJob& job) {
  to_ = job.mail.to;
  process_ = std::make_unique<ScriptRun>(
      loop_, ScriptCommand{.argv = {}, .text = "a mail"},
      ScriptOptions{.timeout = kTransactionLimit + kEndPatience,
                    .output_bytes_max = kDeliveryBytesMax},
      [this](const ScriptOutcome& outcome) { on_end(outcome); },
      [this, &job](const ScriptCommand&) { return spawn_transaction(job, curl_file_); });
}

void SmtpWorker::on_end(const ScriptOutcome& outcome) {
  process_.reset();
  std::optional<Delivery> delivery;
  if (outcome.success()) delivery = delivery_from(outcome.output, to_);
  if (!delivery) {
    delivery.emplace();
    delivery->said = "the process that was to send it did not: " +
                     (outcome.success() ? "its answer cannot be believed" : outcome.reason);
  }
  done_(*delivery);
}

}  // namespace holdfast::notifier
