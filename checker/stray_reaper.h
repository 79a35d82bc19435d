// Ends and buries what scripts leave behind outside their process group.
//
// The checker is its descendants' subreaper (PR_SET_CHILD_SUBREAPER): a daemon that a script has
// detached becomes its child. Such a stray is left alone while any run is under way that may have
// made it, then killed. A dead one is reaped here; children that somebody waits for (the leaders
// of runs, the granted runner) are never touched, so their event sources see them.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "common/event_loop.h"
#include "common/log.h"
#include "common/rate_limit.h"

namespace holdfast::checker {

// Runs are numbered as they are started.
struct RunsUnderWay {
  uint64_t oldest = 0;  // number of the oldest run under way; above `newest` if there is none
  uint64_t newest = 0;  // number of the last run that was started
};

// Pure: which strays are due.
class StrayLedger {
 public:
  // `strays`: all that are there now; one that is missing is forgotten.
  std::vector<pid_t> due(const std::set<pid_t>& strays, RunsUnderWay runs);

 private:
  std::map<pid_t, uint64_t> newest_run_when_seen_;
};

class StrayReaper {
 public:
  struct World {
    std::set<pid_t> awaited;  // children that have their own event source
    RunsUnderWay runs;
  };

  // Makes this process the subreaper. `world` is asked at each sweep.
  StrayReaper(EventLoop& loop, std::function<World()> world);

  // Looks after the current callback: to be called when a run has ended.
  void sweep_soon();
  // At the end: kills every child of this process, bounded in time.
  static void kill_all();

 private:
  void sweep();

  std::function<World()> world_;
  StrayLedger ledger_;
  RateLimit lines_;
  bool unreadable_logged_ = false;
  Source child_signal_;
  Timer sweep_timer_;
};

}  // namespace holdfast::checker
