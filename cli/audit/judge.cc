#include "cli/audit/judge.h"

#include <cap-ng.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/audit/declared.h"

namespace holdfast::cli::audit {
namespace {

bool contains(Words words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

class Judge {
 public:
  explicit Judge(const Snapshot& snapshot) : snapshot_(snapshot) {}

  std::vector<Deviation> all() {
    for (const Declared& declared : kDeclared) {
      if (snapshot_.find(declared.part) == nullptr && !is_optional(declared.part)) {
        where_ = part_name(declared.part);
        deviates("process", "running", "not running");
      }
      for (const Process& process : snapshot_.processes) {
        if (process.part != declared.part || is_free(process)) continue;
        where_ = process_name(process);
        judge_process(declared, process);
      }
    }
    for (const DeclaredSocket& declared : kDeclaredSockets) {
      const auto found = std::ranges::find(snapshot_.sockets, declared.name, &SocketFile::name);
      if (found == snapshot_.sockets.end() || !found->owner) continue;
      where_ = found->name;
      judge_socket(declared, *found->owner);
    }
    for (const SocketFile& socket : snapshot_.sockets) {
      if (!socket.owner) continue;
      where_ = socket.name;
      if (socket.name.starts_with("notify.runner.")) judge_socket(kRunnerNotify, *socket.owner);
      if (!socket.name.starts_with("runner.")) continue;
      judge_socket(kRunnerSocket, *socket.owner);
      judge_runner_group(*socket.owner);
    }
    return std::move(found_);
  }

 private:
  void deviates(std::string what, std::string declared, std::string actual) {
    found_.push_back({where_, std::move(what), std::move(declared), std::move(actual)});
  }

  void judge_process(const Declared& declared, const Process& process) {
    judge_user(process);
    judge_capabilities(declared, process.credentials.capabilities);
    judge_system_calls(declared, process);
    judge_network(declared, process);
    if (process.sockets) {
      for (const auto& [kind, count] : process.sockets->kinds) {
        if (contains(declared.socket_kinds, kind)) continue;
        deviates("sockets", fmt::format("{}", fmt::join(declared.socket_kinds, " ")),
                 fmt::format("{} {}", count, kind));
      }
    }
    judge_writable(declared, process);
  }

  void judge_user(const Process& process) {
    const Credentials& who = process.credentials;
    const auto all_equal = [](const auto& ids) {
      return std::ranges::all_of(ids, [&](uint32_t id) { return id == ids[0]; });
    };
    if (!all_equal(who.uids)) deviates("users", "one", fmt::format("{}", fmt::join(who.uids, " ")));
    if (!all_equal(who.gids)) {
      deviates("groups", "one", fmt::format("{}", fmt::join(who.gids, " ")));
    }
    if (std::ranges::find(who.uids, 0U) != who.uids.end()) deviates("user", "not root", "0");
    if (std::ranges::find(who.gids, 0U) != who.gids.end()) deviates("group", "not root's", "0");
    for (const uint32_t group : who.groups) {
      // Scripts of a user have his groups.
      if (group == who.gids[0] || process.part == Part::kUserRunner) continue;
      deviates("supplementary groups", "none", fmt::format("{}", group));
    }
    judge_sharing(process);
  }

  // Of each pair the later one is told. The runner is the checker's: it must be the same user.
  void judge_sharing(const Process& process) {
    const uint32_t uid = process.credentials.uids[0];
    const Process* checker = snapshot_.find(Part::kChecker);
    if (process.part == Part::kRunner) {
      if (checker == nullptr || checker->credentials.uids[0] == uid) return;
      return deviates("user", "the checker's", fmt::format("{}", uid));
    }
    for (const Declared& other : kDeclared) {
      if (other.part == process.part) return;
      const Process* earlier = snapshot_.find(other.part);
      if (earlier == nullptr || earlier->credentials.uids[0] != uid) continue;
      deviates("user", "no other's", fmt::format("{}, as {} has", uid, part_name(other.part)));
    }
  }

  void judge_capabilities(const Declared& declared, const CapabilitySets& sets) {
    const auto exactly = [this](const char* name, uint64_t wanted, uint64_t actual) {
      if (wanted == actual) return;
      deviates(fmt::format("{} capabilities", name), capability_names(wanted),
               capability_names(actual));
    };
    const auto at_most = [this](const char* name, uint64_t most, uint64_t actual) {
      if ((actual & ~most) == 0) return;
      deviates(fmt::format("{} capabilities", name),
               most == 0 ? "none" : "at most " + capability_names(most), capability_names(actual));
    };
    at_most("inheritable", declared.inheritable, sets.inheritable);
    exactly("permitted", declared.capabilities, sets.permitted);
    exactly("effective", declared.capabilities, sets.effective);
    at_most("bounding", declared.bounding, sets.bounding);
    at_most("ambient", declared.ambient, sets.ambient);
  }

  void judge_system_calls(const Declared& declared, const Process& process) {
    const Credentials& who = process.credentials;
    if (!who.no_new_privs) deviates("no_new_privs", "1", "0");
    if (who.seccomp_mode != 2) {
      return deviates("seccomp mode", "2 (filter)", fmt::format("{}", who.seccomp_mode));
    }
    if (who.seccomp_filters < declared.filters_min) {
      deviates("seccomp filters", fmt::format("at least {}", declared.filters_min),
               fmt::format("{}", who.seccomp_filters));
    }
    if (process.system_calls && *process.system_calls > declared.system_calls_max) {
      deviates("system calls", fmt::format("at most {}", declared.system_calls_max),
               fmt::format("{}", *process.system_calls));
    }
  }

  void judge_network(const Declared& declared, const Process& process) {
    if (!declared.own_network || !process.namespaces) return;
    const auto mine = process.namespaces->find("net");
    if (mine == process.namespaces->end()) return;
    const Process* helper = snapshot_.find(Part::kNetHelper);
    const bool helpers = helper != nullptr && helper->namespaces &&
                         helper->namespaces->contains("net") &&
                         helper->namespaces->at("net") == mine->second;
    const auto ours = snapshot_.own_namespaces.find("net");
    const bool same_as_ours =
        ours != snapshot_.own_namespaces.end() && ours->second == mine->second;
    if (!helpers && !same_as_ours) return;
    deviates("network namespace", "its own", helpers ? "net-helper's" : "the host's");
  }

  void judge_writable(const Declared& declared, const Process& process) {
    if (!process.writable) return;
    for (const std::string& path : *process.writable) {
      const bool allowed = std::ranges::any_of(declared.writable, [&](std::string_view word) {
        constexpr std::string_view kRun = "{run}";
        if (!word.starts_with(kRun)) return path == word;
        return path == snapshot_.runtime_directory + std::string(word.substr(kRun.size()));
      });
      if (!allowed) deviates("writes", fmt::format("{}", fmt::join(declared.writable, " ")), path);
    }
  }

  void judge_runner_group(const SocketOwner& owner) {
    const Process* notifier = snapshot_.find(Part::kNotifier);
    if (notifier == nullptr || notifier->credentials.gids[0] == owner.gid) return;
    deviates("group", fmt::format("the notifier's, {}", notifier->credentials.gids[0]),
             fmt::format("{}", owner.gid));
  }

  void judge_socket(const DeclaredSocket& declared, const SocketOwner& owner) {
    if (declared.by_launcher_alone && !snapshot_.by_launcher) {
      return deviates("socket", "none under systemd", "there");
    }
    if (!owner.is_socket) return deviates("file", "a socket", "something else");
    if ((owner.mode & ~declared.mode) != 0) {
      deviates("mode", fmt::format("at most {:04o}", declared.mode),
               fmt::format("{:04o}", owner.mode));
    }
    if (declared.client == Part::kUserRunner) return;
    const Process* client = snapshot_.find(declared.client);
    if (client == nullptr && declared.client != Part::kLauncher) return;
    const uint32_t wanted = client != nullptr ? client->credentials.uids[0] : 0;
    if (owner.uid == wanted) return;
    deviates("owner", fmt::format("{}'s user, {}", part_name(declared.client), wanted),
             fmt::format("{}", owner.uid));
  }

  const Snapshot& snapshot_;
  std::string where_;
  std::vector<Deviation> found_;
};

}  // namespace

const char* part_name(Part part) {
  constexpr std::array<const char*, kParts> kNames = {
      "net-helper", "vrrp-engine", "checker", "notifier", "granted-runner", "runner", "launcher"};
  return kNames[static_cast<size_t>(part)];
}

std::string process_name(const Process& process) {
  if (process.part != Part::kUserRunner) return part_name(process.part);
  return fmt::format("runner of {}", process.user);
}

bool is_free(const Process& process) {
  const bool is_roots = process.part == Part::kUserRunner && process.credentials.uids[0] == 0;
  return is_roots || process.part == Part::kLauncher;
}

const Process* Snapshot::find(Part part) const {
  const auto found = std::ranges::find(processes, part, &Process::part);
  return found == processes.end() ? nullptr : &*found;
}

std::string capability_names(uint64_t set) {
  std::string names;
  for (unsigned number = 0; number < 64; ++number) {
    if ((set >> number & 1U) == 0) continue;
    const char* name = capng_capability_to_name(number);
    if (!names.empty()) names += ' ';
    names += name != nullptr ? name : fmt::format("{}", number);
  }
  return names.empty() ? "none" : names;
}

std::vector<Deviation> judge(const Snapshot& snapshot) {
  return Judge(snapshot).all();
}

}  // namespace holdfast::cli::audit
