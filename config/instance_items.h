// Lines inside `vrrp_instance` whose grammar is their own.
#pragma once

#include <vector>

#include "config/keyword.h"

namespace holdfast::config {

// What a line of virtual_ipaddress takes.
std::vector<Argument> virtual_address();
void add_virtual_address(Call& call, std::vector<VirtualAddress>& list);
void add_tracked_script(Call& call);
void add_tracked_interface(Call& call);
void set_authentication_type(Call& call);
void set_password(Call& call);

}  // namespace holdfast::config
