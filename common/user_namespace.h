// What a user is called in our user namespace (user_namespaces(7)).
#pragma once

#include <sys/types.h>

#include <vector>

namespace holdfast {

// Whether our user namespace knows this user: only then can a process become it, and only then is
// it shown under its number.
bool is_mapped_user(uid_t user);

// The uids that SO_PEERCRED can show for a peer that is this user. Where our namespace does not
// know the user (PrivateUsers= of systemd.exec(5)) the kernel shows the overflow uid, as for every
// foreign user: there the mode and the owner of the socket's file are what keeps others away.
std::vector<uid_t> shown_as(uid_t user);

}  // namespace holdfast
