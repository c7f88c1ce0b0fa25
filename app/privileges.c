/* SPDX-License-Identifier: MIT */
#include "app/privileges.h"

#include "app/syscall_filter.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- who --- */

static const struct passwd *find_user(const struct privileges_options *o)
{
	const struct passwd *user;
	if (o->user)
		return getpwnam(o->user);
	user = getpwnam("siphound");
	return user ? user : getpwnam("nobody");
}

bool privileges_ids(const struct privileges_options *options, unsigned *uid, unsigned *gid)
{
	const struct passwd *user = geteuid() == 0 && !options->keep_root ? find_user(options) : NULL;
	if (!user)
		return false;
	*uid = user->pw_uid;
	*gid = user->pw_gid;
	return true;
}

/* The user's own other groups stay, as `adm` for reading logs. */
static int become(const struct privileges_options *o, struct privileges_report *r, struct error *err)
{
	const struct passwd *user = find_user(o);
	if (!user)
		return error_set(err, -ENOENT, "there is no user '%s' to run as; create it, or name another",
				 o->user ? o->user : "nobody");
	if (user->pw_uid == 0)
		return error_set(err, -EINVAL, "user '%s' is root; name one without rights", user->pw_name);
	if (prctl(PR_SET_KEEPCAPS, o->keep != 0) < 0 || initgroups(user->pw_name, user->pw_gid) < 0 ||
	    setresgid(user->pw_gid, user->pw_gid, user->pw_gid) < 0 || setresuid(user->pw_uid, user->pw_uid, user->pw_uid) < 0)
		return error_set(err, -errno, "can not become user '%s': %s", user->pw_name, strerror(errno));
	/* Trust is good: the way back must be closed. */
	if (setuid(0) == 0)
		return error_set(err, -EPERM, "root was not given up");
#ifdef SANITIZED
	prctl(PR_SET_DUMPABLE, 1);
#endif
	strncpy(r->user, user->pw_name, sizeof r->user - 1);
	return 0;
}

/* --- capabilities --- */

/* Without CAP_SETPCAP the bounding set can not be changed; with no_new_privs nothing could be gained by it anyway. */
static void shrink_bounding_set(uint64_t keep)
{
	for (unsigned long c = 0; c < 64 && prctl(PR_CAPBSET_READ, c) >= 0; c++) {
		if (!(keep >> c & 1))
			prctl(PR_CAPBSET_DROP, c);
	}
}

static int set_capabilities(uint64_t keep, struct error *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2] = { 0 };
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (unsigned i = 0; i < 2; i++)
		sets[i].effective = sets[i].permitted = (uint32_t)(keep >> 32 * i);
	if (syscall(SYS_capset, &header, sets) < 0)
		return error_set(err, -errno, "can not %s: %s", keep ? "keep the needed rights" : "give up rights", strerror(errno));
	return 0;
}

void privileges_take_up(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2];
	if (syscall(SYS_capget, &header, sets) < 0 || !(sets[0].permitted & ~sets[0].effective & 1u << CAP_NET_RAW))
		return;
	sets[0].effective |= 1u << CAP_NET_RAW;
	syscall(SYS_capset, &header, sets); /* within what is permitted, which can not fail */
}

/* --- all --- */

int privileges_drop(const struct privileges_options *options, struct privileges_report *report, struct error *err)
{
	struct privileges_report unused;
	struct privileges_report *r = report ? report : &unused;
	int bad = 0;
	*r = (struct privileges_report){ 0 };
	shrink_bounding_set(options->keep); /* while we still may */
	if (geteuid() == 0 && !options->keep_root)
		bad = become(options, r, err);
	if (!bad)
		bad = set_capabilities(options->keep, err);
	if (!bad && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		bad = error_set(err, -errno, "can not set no_new_privs: %s", strerror(errno));
	r->is_root = geteuid() == 0;
	if (bad)
		return bad;
	if (options->no_filter) {
		r->remark = "switched off";
		return 0;
	}
	bool with_netlink = options->keep >> CAP_NET_ADMIN & 1;
	bad = syscall_filter_install(options->mute, options->mute_count, with_netlink, &r->remark, err);
	r->has_filter = !bad && !r->remark;
	return bad;
}
