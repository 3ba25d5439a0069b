/*
 * A stand-in for mount.lustre where the kernel has a type `lustre` (lustre.c): it does what the
 * real 2.15.8 one does of its own accord, calls mount(2), and exits with its errno.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <mntent.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <arpa/inet.h>

static const struct {
	const char *word;
	unsigned long set, clear;
} flags_of[] = {
	{ "defaults", 0, 0 },		 { "auto", 0, 0 },
	{ "noauto", 0, 0 },		 { "_netdev", 0, 0 },
	{ "rw", 0, MS_RDONLY },		 { "ro", MS_RDONLY, 0 },
	{ "exec", 0, MS_NOEXEC },	 { "noexec", MS_NOEXEC, 0 },
	{ "suid", 0, MS_NOSUID },	 { "nosuid", MS_NOSUID, 0 },
	{ "dev", 0, MS_NODEV },		 { "nodev", MS_NODEV, 0 },
	{ "async", 0, MS_SYNCHRONOUS },	 { "sync", MS_SYNCHRONOUS, 0 },
	{ "atime", 0, MS_NOATIME },	 { "noatime", MS_NOATIME, 0 },
	{ "diratime", 0, MS_NODIRATIME }, { "nodiratime", MS_NODIRATIME, 0 },
	{ "relatime", MS_RELATIME, 0 },	 { "norelatime", 0, MS_RELATIME },
	{ "strictatime", MS_STRICTATIME, 0 },
};

static int fail(int code, const char *what, const char *on)
{
	fprintf(stderr, "mount.lustre: %s '%s'\n", what, on);
	return code;
}

/* One NID: an address or a name, with or without a network. */
static int append_nid(char *device, size_t size, char *nid)
{
	struct addrinfo wanted = { .ai_family = AF_INET }, *found;
	char *network = strchr(nid, '@'), address[INET_ADDRSTRLEN];
	size_t used = strlen(device);

	if (network)
		*network++ = '\0';
	if (getaddrinfo(nid, NULL, &wanted, &found))
		return -1;
	inet_ntop(AF_INET, &((struct sockaddr_in *)found->ai_addr)->sin_addr, address,
		  sizeof(address));
	freeaddrinfo(found);
	snprintf(device + used, size - used, "%s@%s", address, network ? network : "tcp");
	return 0;
}

/* The source with every name turned into an address; separators stay as they were typed. */
static int resolve(const char *source, char *device, size_t size)
{
	const char *path = strstr(source, ":/"), *from = source;

	*device = '\0';
	if (!path)
		return -1;
	while (from < path) {
		size_t length = strcspn(from, ":,");
		char nid[256], separator[2] = { 0 };

		snprintf(nid, sizeof(nid), "%.*s", (int)length, from);
		if (append_nid(device, size, nid))
			return -1;
		from += length;
		if (from < path) {
			separator[0] = *from++;
			strncat(device, separator, size - strlen(device) - 1);
		}
	}
	strncat(device, path, size - strlen(device) - 1);
	return 0;
}

static int is_mounted(const char *device, const char *directory)
{
	FILE *table = setmntent("/proc/self/mounts", "r");
	struct mntent *entry;
	int found = 0;

	while (table && !found && (entry = getmntent(table)))
		found = !strcmp(entry->mnt_fsname, device) && !strcmp(entry->mnt_dir, directory);
	if (table)
		endmntent(table);
	return found;
}

/* What the VFS takes becomes flags, `retry=` goes, the rest is for the kernel's module. */
static unsigned long sort_options(char *given, char *rest, size_t size)
{
	unsigned long flags = 0;
	char *word;

	while ((word = strsep(&given, ","))) {
		size_t row, rows = sizeof(flags_of) / sizeof(*flags_of);

		for (row = 0; row < rows && strcmp(word, flags_of[row].word); row++)
			;
		if (row < rows) {
			flags = (flags | flags_of[row].set) & ~flags_of[row].clear;
		} else if (*word && strncmp(word, "retry=", 6)) {
			strncat(rest, word, size - strlen(rest) - 1);
			strncat(rest, ",", size - strlen(rest) - 1);
		}
	}
	/* Lustre keeps exact access times unless told otherwise. */
	return flags & (MS_NOATIME | MS_RELATIME) ? flags : flags | MS_STRICTATIME;
}

static void write_utab(const char *device, const char *directory)
{
	FILE *table;

	mkdir("/run/mount", 0755);
	table = fopen("/run/mount/utab", "a");
	if (table) {
		fprintf(table, "SRC=%s TARGET=%s ROOT=/ ATTRS=lustre \n", device, directory);
		fclose(table);
	}
}

int main(int argc, char **argv)
{
	char *places[2] = { 0 }, given[4096] = "", rest[4096] = "", device[4096], directory[PATH_MAX];
	int place = 0, fake = 0, table = 1;
	unsigned long flags;

	for (int at = 1; at < argc; at++) {
		if (!strcmp(argv[at], "-o") && at + 1 < argc)
			snprintf(given, sizeof(given), "%s", argv[++at]);
		else if (*argv[at] == '-') {
			fake |= !!strchr(argv[at], 'f');
			table &= !strchr(argv[at], 'n');
		} else if (place < 2)
			places[place++] = argv[at];
	}
	if (place < 2)
		return fail(EINVAL, "a source and a mount point are needed after", argv[0]);
	if (resolve(places[0], device, sizeof(device)))
		return fail(EINVAL, "Can't parse NID", places[0]);
	if (!realpath(places[1], directory)) {
		int error = errno;

		fprintf(stderr, "warning: %s: cannot resolve: %s\n", places[1], strerror(error));
		return error;
	}
	if (is_mounted(device, directory)) {
		fprintf(stderr, "mount.lustre: according to /etc/mtab %s is already mounted on %s\n",
			device, directory);
		return EEXIST;
	}
	flags = sort_options(given, rest, sizeof(rest));
	strncat(rest, "device=", sizeof(rest) - strlen(rest) - 1);
	strncat(rest, device, sizeof(rest) - strlen(rest) - 1);
	if (!fake && mount(device, directory, "lustre", flags, rest)) {
		int error = errno;

		fprintf(stderr, "mount.lustre: mount %s at %s failed: %s\n", device, directory,
			strerror(error));
		return error;
	}
	if (!fake && table)
		write_utab(device, directory);
	return 0;
}
