// SPDX-License-Identifier: GPL-2.0
/*
 * A file system whose type is exactly "lustre", for user-mode-linux.
 *
 * It has no servers and no network: every mount is an empty tree in memory of its own, writable,
 * gone with the mount. What it keeps of the real 2.15.8 client is what mount(8), findmnt, statfs
 * and mountinfo show, and which options are refused. tests/fixtures/lustre-2.15.8/40_mount has
 * the real texts. hsm.h has its calls about files and their copies in the archive.
 */
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/statfs.h>
#include <linux/string.h>

#include "hsm.h"

#define LUSTRE_MAGIC 0x0BD00BD0
#define LONGEST_FSNAME 8

/* All mounts of one name share one st_dev, as with the real client, which hashes the name. */
struct fsname {
	struct list_head all;
	char name[LONGEST_FSNAME + 1];
	dev_t device;
	int mounts;
};
static LIST_HEAD(fsnames);
static DEFINE_MUTEX(fsnames_lock);

/* What mountinfo shows, in its order; in each row the first word is the default. */
static const char *const words[][3] = {
	{ "checksum", "nochecksum" },
	{ "flock", "noflock", "localflock" },
	{ "nouser_xattr", "user_xattr" },
	{ "lruresize", "nolruresize" },
	{ "lazystatfs", "nolazystatfs" },
	{ "nouser_fid2path", "user_fid2path" },
	{ "verbose", "noverbose" },
	{ "", "always_ping", "noalways_ping" },
	{ "noencrypt", "encrypt" },
};
/* Known, and not shown. A word that ends in "=" takes a value. */
static const char *const unshown[] = {
	"acl", "noacl", "32bitapi", "no32bitapi", "exclude=", "mgssec=", "skpath=", "network=",
	"context=", "fscontext=", "defcontext=", "rootcontext=", "foreign_symlink=",
};

struct mounted {
	struct fsname *fsname;
	u8 choice[ARRAY_SIZE(words)];
};

/* The name in "10.0.0.5@tcp:/NAME" or "…:/NAME/sub/directory". */
static int fsname_of(const char *device, char *name)
{
	const char *start = device ? strstr(device, ":/") : NULL;
	size_t length;

	if (!start || !strchr(device, '@'))
		return -EINVAL;
	start += 2;
	length = strchrnul(start, '/') - start;
	if (!length)
		return -EINVAL;
	if (length > LONGEST_FSNAME)
		return -ENAMETOOLONG;
	memcpy(name, start, length);
	name[length] = '\0';
	return 0;
}

static struct fsname *hold_fsname(const char *name)
{
	struct fsname *found;
	int error;

	mutex_lock(&fsnames_lock);
	list_for_each_entry(found, &fsnames, all)
		if (!strcmp(found->name, name))
			goto hold;
	found = kzalloc(sizeof(*found), GFP_KERNEL);
	error = found ? get_anon_bdev(&found->device) : -ENOMEM;
	if (error) {
		kfree(found);
		found = ERR_PTR(error);
		goto out;
	}
	strscpy(found->name, name, sizeof(found->name));
	list_add(&found->all, &fsnames);
hold:
	found->mounts++;
out:
	mutex_unlock(&fsnames_lock);
	return found;
}

static void drop_fsname(struct fsname *fsname)
{
	mutex_lock(&fsnames_lock);
	if (!--fsname->mounts) {
		list_del(&fsname->all);
		free_anon_bdev(fsname->device);
		kfree(fsname);
	}
	mutex_unlock(&fsnames_lock);
}

static int take_word(struct mounted *mounted, const char *word)
{
	size_t row, column;

	for (row = 0; row < ARRAY_SIZE(words); row++)
		for (column = 0; column < ARRAY_SIZE(words[row]); column++)
			if (words[row][column] && !strcmp(word, words[row][column])) {
				mounted->choice[row] = column;
				return 0;
			}
	for (row = 0; row < ARRAY_SIZE(unshown); row++) {
		size_t length = strlen(unshown[row]);

		if (unshown[row][length - 1] == '=' ? !strncmp(word, unshown[row], length)
						    : !strcmp(word, unshown[row]))
			return 0;
	}
	pr_err("LustreError: Unknown option '%s', won't mount.\n", word);
	return -EINVAL;
}

static int take_options(struct mounted *mounted, char *options)
{
	char *word;
	int error = 0;

	/* `device=` is the last word, and a list of NIDs in it may hold commas. */
	while (!error && options && strncmp(options, "device=", strlen("device="))) {
		word = strsep(&options, ",");
		if (*word)
			error = take_word(mounted, word);
	}
	return error;
}

static int lustre_show_options(struct seq_file *out, struct dentry *root)
{
	struct mounted *mounted = root->d_sb->s_fs_info;
	size_t row;

	for (row = 0; row < ARRAY_SIZE(words); row++) {
		const char *word = words[row][mounted->choice[row]];

		if (*word && strcmp(word, "noalways_ping"))
			seq_printf(out, ",%s", word);
	}
	return 0;
}

static void evict(struct inode *inode)
{
	truncate_inode_pages_final(&inode->i_data);
	clear_inode(inode);
	kfree(inode->i_private);
}

static int lustre_statfs(struct dentry *dentry, struct kstatfs *answer)
{
	answer->f_type = LUSTRE_MAGIC;
	answer->f_bsize = PAGE_SIZE;
	answer->f_namelen = NAME_MAX;
	answer->f_blocks = 314572800; /* 1.2 TiB, the smallest that FSx sells */
	answer->f_bfree = 300000000;
	answer->f_bavail = 290000000;
	return 0;
}

static const struct super_operations super_operations = {
	.statfs = lustre_statfs,
	.drop_inode = generic_delete_inode,
	.evict_inode = evict,
	.show_options = lustre_show_options,
};

static const struct file_operations file_operations = {
	.unlocked_ioctl = hsm_ioctl,
	.read_iter = generic_file_read_iter,
	.write_iter = generic_file_write_iter,
	.mmap = generic_file_mmap,
	.fsync = noop_fsync,
	.splice_read = generic_file_splice_read,
	.splice_write = iter_file_splice_write,
	.llseek = generic_file_llseek,
};

static const struct inode_operations file_inode_operations = {
	.setattr = simple_setattr,
	.getattr = simple_getattr,
};

/* simple_dir_operations, and the calls. */
static const struct file_operations directory_file_operations = {
	.open = dcache_dir_open,
	.release = dcache_dir_close,
	.llseek = dcache_dir_lseek,
	.read = generic_read_dir,
	.iterate_shared = dcache_readdir,
	.fsync = noop_fsync,
	.unlocked_ioctl = hsm_ioctl,
};

static const struct inode_operations directory_operations;

static struct inode *make_inode(struct super_block *sb, struct inode *parent, umode_t mode)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	inode_init_owner(&init_user_ns, inode, parent, mode);
	inode->i_mapping->a_ops = &ram_aops;
	mapping_set_gfp_mask(inode->i_mapping, GFP_HIGHUSER);
	mapping_set_unevictable(inode->i_mapping);
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	if (S_ISDIR(mode)) {
		inode->i_op = &directory_operations;
		inode->i_fop = &directory_file_operations;
		inc_nlink(inode);
	} else {
		inode->i_private = kzalloc(sizeof(struct copy), GFP_KERNEL);
		inode->i_op = &file_inode_operations;
		inode->i_fop = &file_operations;
	}
	return inode;
}

static int lustre_mknod(struct user_namespace *userns, struct inode *parent,
			struct dentry *dentry, umode_t mode, dev_t device)
{
	struct inode *inode = make_inode(parent->i_sb, parent, mode);

	if (!inode)
		return -ENOSPC;
	d_instantiate(dentry, inode);
	/* There is no disk below: the reference keeps the entry until it is unlinked. */
	dget(dentry);
	parent->i_mtime = parent->i_ctime = current_time(parent);
	return 0;
}

static int lustre_create(struct user_namespace *userns, struct inode *parent,
			 struct dentry *dentry, umode_t mode, bool exclusive)
{
	return lustre_mknod(userns, parent, dentry, mode | S_IFREG, 0);
}

static int lustre_mkdir(struct user_namespace *userns, struct inode *parent,
			struct dentry *dentry, umode_t mode)
{
	int error = lustre_mknod(userns, parent, dentry, mode | S_IFDIR, 0);

	if (!error)
		inc_nlink(parent);
	return error;
}

static const struct inode_operations directory_operations = {
	.create = lustre_create,
	.lookup = simple_lookup,
	.link = simple_link,
	.unlink = simple_unlink,
	.mkdir = lustre_mkdir,
	.rmdir = simple_rmdir,
	.rename = simple_rename,
};

/* Gives the new superblock the device number of its name, in place of one of its own. */
static int share_device(struct super_block *sb, void *data)
{
	struct mounted *mounted = data;

	sb->s_dev = mounted->fsname->device;
	sb->s_fs_info = mounted;
	return 0;
}

static int fill_super(struct super_block *sb)
{
	sb->s_maxbytes = MAX_LFS_FILESIZE;
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_magic = LUSTRE_MAGIC;
	sb->s_op = &super_operations;
	sb->s_time_gran = 1;
	sb->s_root = d_make_root(make_inode(sb, NULL, S_IFDIR | 0755));
	return sb->s_root ? 0 : -ENOMEM;
}

static struct dentry *lustre_mount(struct file_system_type *type, int flags, const char *device,
				   void *options)
{
	struct mounted *mounted = kzalloc(sizeof(*mounted), GFP_KERNEL);
	char name[LONGEST_FSNAME + 1];
	struct super_block *sb;
	int error;

	if (!mounted)
		return ERR_PTR(-ENOMEM);
	error = fsname_of(device, name);
	if (!error)
		error = take_options(mounted, options);
	if (error)
		goto free;
	mounted->fsname = hold_fsname(name);
	if (IS_ERR(mounted->fsname)) {
		error = PTR_ERR(mounted->fsname);
		goto free;
	}
	/* No test function: every mount is a client of its own. */
	sb = sget(type, NULL, share_device, flags, mounted);
	if (IS_ERR(sb)) {
		error = PTR_ERR(sb);
		goto drop;
	}
	error = fill_super(sb);
	if (error) {
		deactivate_locked_super(sb);
		return ERR_PTR(error);
	}
	sb->s_flags |= SB_ACTIVE;
	pr_info("Lustre: Mounted %s-client\n", name);
	return dget(sb->s_root);
drop:
	drop_fsname(mounted->fsname);
free:
	kfree(mounted);
	return ERR_PTR(error);
}

static void lustre_kill(struct super_block *sb)
{
	struct mounted *mounted = sb->s_fs_info;

	if (sb->s_root)
		d_genocide(sb->s_root);
	generic_shutdown_super(sb);
	drop_fsname(mounted->fsname);
	kfree(mounted);
}

static struct file_system_type lustre_type = {
	.owner = THIS_MODULE,
	.name = "lustre",
	.mount = lustre_mount,
	.kill_sb = lustre_kill,
};

static int __init lustre_init(void)
{
	hsm_show_requests();
	return register_filesystem(&lustre_type);
}

static void __exit lustre_exit(void)
{
	unregister_filesystem(&lustre_type);
	hsm_hide_requests();
}

module_init(lustre_init);
module_exit(lustre_exit);
MODULE_DESCRIPTION("An empty file system that shows as a Lustre client's");
MODULE_LICENSE("GPL");
MODULE_ALIAS_FS("lustre");
