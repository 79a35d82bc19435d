#include "runner/server.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/user_namespace.h"
#include "runner/messages.h"

namespace holdfast::runner {
namespace {

constexpr size_t kPeersMax = 8;

bool has_children() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

// What SO_PEERCRED can show for the two who may ask.
std::vector<uid_t> either_shown_as(uid_t checker, uid_t notifier) {
  std::vector<uid_t> users = shown_as(checker);
  for (const uid_t user : shown_as(notifier)) users.push_back(user);
  return users;
}

}  // namespace

Server::Server(EventLoop& loop, Parts parts)
    : loop_(loop),
      parts_(std::move(parts)),
      library_(parts_.config),
      loaded_(library_.load()),
      leftovers_(loop),
      reaper_(loop, [this] { return world(); }),
      cleanup_(loop.add_timer([this] { sweep(); })),
      idle_(loop.add_timer([this] { on_idle(); })),
      listener_(loop, std::move(parts_.listening),
                either_shown_as(parts_.checker_user, parts_.notifier_user),
                [this](UniqueFd fd, ucred who) { on_connected(std::move(fd), who); }) {
  if (loaded_) {
    const Contents& contents = library_.contents();
    log_line<kStarted>(contents.scripts.size(), log::printable(contents.user), contents.generation);
  } else {
    // No reason to end: whoever asks is told.
    log_line<kBadFile>(loaded_.error().text);
  }
  idle_.arm_after(parts_.idle);
}

Server::~Server() {
  peers_.clear();
  checker::StrayReaper::kill_all();
}

std::string Server::status() const {
  if (!loaded_) return loaded_.error().text;
  return fmt::format("{} scripts of user `{}`", library_.contents().scripts.size(),
                     log::printable(library_.contents().user));
}

// Nothing where a user namespace of ours hides the asker's number: then its hello says it, and the
// owner and the group of the socket who it can be.
std::optional<Role> Server::role_of(uid_t user) const {
  if (parts_.checker_user == parts_.notifier_user) return std::nullopt;
  if (user == parts_.checker_user) return Role::kChecker;
  if (user == parts_.notifier_user) return Role::kNotifier;
  return std::nullopt;
}

void Server::on_connected(UniqueFd fd, const ucred& who) {
  if (!fd) {
    if (!refused_users_.admit(BootClock::now())) return;
    return log_line<kPeerRefused>(who.uid, who.pid, refused_users_.suppressed());
  }
  if (peers_.size() >= kPeersMax) {
    log_line<kTooManyPeers>(kPeersMax);
    drop(peers_.front());
    sweep();
  }
  Peer& peer = peers_.emplace_back();
  peer.pid = who.pid;
  peer.session = std::make_unique<Session>(
      loop_, std::move(fd),
      Session::Parts{.library = library_,
                     .leftovers = leftovers_,
                     .role = role_of(who.uid),
                     .ended = [this, &peer](const std::string&) { drop(peer); },
                     .refused =
                         [this, &peer](const std::string& why) {
                           if (refused_messages_.admit(BootClock::now())) {
                             log_line<kPeerClosed>(peer.pid, why, refused_messages_.suppressed());
                           }
                           drop(peer);
                         },
                     .script_ended = [this] { reaper_.sweep_soon(); },
                     .next_run = [this] { return ++runs_started_; }});
}

// It may be one of the peer's own calls that leads here: what it stands on goes after it.
void Server::drop(Peer& peer) {
  peer.over = true;
  cleanup_.arm(TimePoint{});  // after the current callback
}

void Server::sweep() {
  std::erase_if(peers_, [](const Peer& peer) { return peer.over; });
  reaper_.sweep_soon();
  if (peers_.empty()) idle_.arm_after(parts_.idle);
}

void Server::on_idle() {
  if (!peers_.empty()) return;
  // Daemons that notify scripts left are somebody's use for us: their output is read here.
  if (!leftovers_.empty() || has_children()) return idle_.arm_after(parts_.idle);
  log_line<kIdle>();
  loop_.exit(0);
}

checker::StrayReaper::World Server::world() const {
  checker::StrayReaper::World world;
  world.runs = {.oldest = runs_started_ + 1, .newest = runs_started_};
  for (const Peer& peer : peers_) {
    if (peer.session) peer.session->tell_runs(world);
  }
  // A stray may be a notify script's, which may leave a daemon: then none is due, ever.
  const auto is_notify = [](const auto& entry) { return entry.second.asker == Role::kNotifier; };
  if (std::ranges::any_of(library_.contents().scripts, is_notify)) world.runs.oldest = 0;
  return world;
}

}  // namespace holdfast::runner
