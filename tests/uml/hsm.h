/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls of a client about its files' copies in the archive. A request is copied from the caller
 * as the real client does it, header first and then as many files as it counts, is kept as it came,
 * and is carried out at once: there is no coordinator and no copytool, only their outcome.
 *
 * The numbers of the first three are in agent/tests/fixtures/hsm/strace_hsm_*. The
 * structures, and the number of the last, are from lustre_user.h; what is refused, from
 * `ll_dir_ioctl`; no capture shows what is inside of a request.
 *
 * /proc/hsm_requests has each request that arrived since it was last written to, a line of
 * hexadecimal bytes behind the number of the call. Module parameters: `hsm_off` is a file system
 * without a coordinator, `hsm_no_fid` a client that tells no FID, `hsm_stays` keeps files as they are.
 */
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#define HSM_STATE_GET _IOR('f', 211, struct hsm_user_state)
#define HSM_REQUEST _IOW('f', 217, struct hsm_request)
#define HSM_ACTION _IOR('f', 220, struct hsm_current_action)
#define PATH2FID _IOR('f', 173, long)

enum { EXISTS = 0x01, DIRTY = 0x02, RELEASED = 0x04, ARCHIVED = 0x08 };
enum { NONE = 1, ARCHIVE = 10, RESTORE = 11, RELEASE = 12 };
enum { WAITING = 1 };

#define LONGEST_REQUEST (5 * 1024 / 3) /* MDS_MAXREQSIZE / 3, and shorter than that */
#define FID_SEQUENCE 0x200000bd1ULL
#define MOST_KEPT 64

struct fid {
	u64 sequence;
	u32 object, version;
};

struct hsm_user_state {
	u32 states, archive, stage, action;
	u64 offset, length;
};

struct hsm_current_action {
	u32 stage, action;
	u64 offset, length;
};

struct hsm_request {
	u32 action, archive;
	u64 flags;
	u32 count, data_length;
};

struct hsm_item {
	struct fid fid;
	u64 offset, length;
};

/* What is kept of a regular file, in its i_private. */
struct copy {
	u32 states, archive, action;
};

struct kept {
	unsigned int number;
	size_t length;
	u8 bytes[LONGEST_REQUEST];
};

static bool hsm_off, hsm_no_fid, hsm_stays;
module_param(hsm_off, bool, 0644);
module_param(hsm_no_fid, bool, 0644);
module_param(hsm_stays, bool, 0644);

static struct kept *kept[MOST_KEPT];
static size_t kept_count;
static DEFINE_MUTEX(kept_lock);

static int show_requests(struct seq_file *out, void *unused)
{
	size_t at, byte;

	mutex_lock(&kept_lock);
	for (at = 0; at < kept_count; at++) {
		seq_printf(out, "%#x ", kept[at]->number);
		for (byte = 0; byte < kept[at]->length; byte++)
			seq_printf(out, "%02x", kept[at]->bytes[byte]);
		seq_putc(out, '\n');
	}
	mutex_unlock(&kept_lock);
	return 0;
}

static int open_requests(struct inode *inode, struct file *file)
{
	return single_open(file, show_requests, NULL);
}

static void forget_requests(void)
{
	mutex_lock(&kept_lock);
	while (kept_count)
		kfree(kept[--kept_count]);
	mutex_unlock(&kept_lock);
}

static ssize_t write_requests(struct file *file, const char __user *text, size_t length,
			      loff_t *at)
{
	forget_requests();
	return length;
}

static const struct proc_ops requests_operations = {
	.proc_open = open_requests,
	.proc_read = seq_read,
	.proc_write = write_requests,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

static void hsm_show_requests(void)
{
	proc_create("hsm_requests", 0600, NULL, &requests_operations);
}

static void hsm_hide_requests(void)
{
	remove_proc_entry("hsm_requests", NULL);
	forget_requests();
}

static struct fid fid_of(const struct inode *inode)
{
	struct fid fid = { .sequence = FID_SEQUENCE, .object = inode->i_ino };

	return fid;
}

/* Of the file that a request names, of this mount; NULL where there is none. */
static struct copy *copy_of(struct super_block *sb, const struct fid *fid)
{
	struct copy *found = NULL;
	struct inode *inode;

	spin_lock(&sb->s_inode_list_lock);
	list_for_each_entry(inode, &sb->s_inodes, i_sb_list) {
		struct fid own = fid_of(inode);

		if (!memcmp(&own, fid, sizeof(own)))
			found = inode->i_private;
	}
	spin_unlock(&sb->s_inode_list_lock);
	return found;
}

static int carry_out(struct copy *copy, u32 action)
{
	if (action == RELEASE && (!(copy->states & ARCHIVED) || copy->states & DIRTY))
		return -EPERM;
	if (hsm_stays && action != RELEASE) {
		copy->action = action;
		return 0;
	}
	copy->action = 0;
	copy->archive = 1;
	if (action == ARCHIVE)
		copy->states = EXISTS | ARCHIVED;
	else if (action == RELEASE)
		copy->states |= RELEASED;
	else
		copy->states &= ~RELEASED;
	return 0;
}

/* Keeps the whole request; the caller frees what does not get a place. */
static struct kept *read_request(unsigned int number, const void __user *from)
{
	struct hsm_request header;
	struct kept *request;
	u64 length;

	if (copy_from_user(&header, from, sizeof(header)))
		return ERR_PTR(-EFAULT);
	length = sizeof(header) + (u64)header.count * sizeof(struct hsm_item) + header.data_length;
	if (length >= LONGEST_REQUEST)
		return ERR_PTR(-E2BIG);
	request = kzalloc(sizeof(*request), GFP_KERNEL);
	if (!request)
		return ERR_PTR(-ENOMEM);
	request->number = number;
	request->length = length;
	if (copy_from_user(request->bytes, from, length)) {
		kfree(request);
		return ERR_PTR(-EFAULT);
	}
	return request;
}

static int take_request(struct super_block *sb, unsigned int number, const void __user *from)
{
	struct kept *request = read_request(number, from);
	const struct hsm_request *header;
	const struct hsm_item *items;
	int error = 0;
	u32 at;

	if (IS_ERR(request))
		return PTR_ERR(request);
	mutex_lock(&kept_lock);
	if (kept_count == MOST_KEPT) {
		mutex_unlock(&kept_lock);
		kfree(request);
		return -ENOMEM;
	}
	kept[kept_count++] = request;
	header = (const void *)request->bytes;
	items = (const void *)(request->bytes + sizeof(*header));
	/* The client releases by itself. */
	if (hsm_off && header->action != RELEASE)
		error = -EAGAIN;
	for (at = 0; !error && at < header->count; at++) {
		struct copy *copy = copy_of(sb, &items[at].fid);

		error = copy ? carry_out(copy, header->action) : -ENOENT;
	}
	mutex_unlock(&kept_lock);
	return error;
}

static long tell(void __user *to, const void *what, size_t length)
{
	return copy_to_user(to, what, length) ? -EFAULT : 0;
}

static long hsm_ioctl(struct file *file, unsigned int number, unsigned long argument)
{
	void __user *user = (void __user *)argument;
	struct inode *inode = file_inode(file);
	const struct copy *copy = inode->i_private;
	struct fid fid = fid_of(inode);

	if (number == PATH2FID && !hsm_no_fid)
		return tell(user, &fid, sizeof(fid));
	/* Directories alone take requests, and have no copy. */
	if (number == HSM_REQUEST && S_ISDIR(inode->i_mode))
		return take_request(inode->i_sb, number, user);
	if (number == HSM_STATE_GET && copy) {
		struct hsm_user_state state = { .states = copy->states, .archive = copy->archive };

		return tell(user, &state, sizeof(state));
	}
	if (number == HSM_ACTION && copy) {
		struct hsm_current_action action = { .action = NONE };

		if (copy->action) {
			action.action = copy->action;
			action.stage = WAITING;
			action.length = ~0ULL;
		}
		return tell(user, &action, sizeof(action));
	}
	return -ENOTTY;
}
