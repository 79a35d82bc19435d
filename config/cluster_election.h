// Who would hold the addresses of a virtual router if one check failed.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "config/model.h"

namespace holdfast::config {

// One node's part in the election.
struct Candidate {
  const std::deque<Script>* scripts = nullptr;
  const Instance* instance = nullptr;
};

// A check of the best node whose failure alone gives the addresses to nobody else.
struct Standstill {
  size_t best = 0;  // by their index among the candidates
  size_t next = 0;
  std::string check;
  Place place;  // of the weight, in the best node's file
  int64_t weight = 0;
  int64_t weight_needed = 0;  // of the same sign
  int64_t priority = 0;       // of the best node while all pass
  int64_t priority_when_failed = 0;
  int64_t priority_of_next = 0;
  bool next_never_preempts = false;
};

std::vector<Standstill> weights_that_move_nothing(std::span<const Candidate> candidates);

}  // namespace holdfast::config
