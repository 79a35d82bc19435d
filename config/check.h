// What keywords mean together: what is missing, what contradicts.
#pragma once

#include "config/diagnostics.h"
#include "config/model.h"

namespace holdfast::config {

// Leaves out of the model what a warning says is left out (an address listed twice). Lints are
// looked for only if there is no error.
void check(Model& model, Diagnostics& diagnostics);

// That what sync groups and lists of trackers name is defined somewhere; the vrrp_scripts of a
// router alone are looked at by check().
void check_names_in_lists(const Model& model, Diagnostics& diagnostics);

// Whether what the instances say by themselves and together is wrong, before all has been read:
// scripts that they name may follow.
bool has_wrong_instances(Model model);

// The id of a router or a check, in every file that carries it: from its name, so that it stays
// the same over a reload. Never 0.
uint32_t id_of(std::string_view name);

bool wants_mail(const Global& global, const Instance& instance);

}  // namespace holdfast::config
