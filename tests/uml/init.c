/*
 * The first process of the guest: lays memory over the host's files, loads the type `lustre`, and
 * runs a program, or one command after the other for whoever is at the other end of the line.
 *
 * It is one program that starts no others, because to start one takes 50 ms here.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define FILES "/mnt/guest" /* where `run` has put this program's files */
#define LINE "/dev/ttyS0"
#define LONGEST_COMMAND (1 << 20)

static void power_off(void)
{
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

/* The first process must not end: what goes wrong ends the guest, and `run` shows the console. */
static void need(int done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "init: %s: %s\n", what, strerror(errno));
	power_off();
}

static void mount_at(const char *type, const char *place, const char *options)
{
	mkdir(place, 0755);
	need(!mount(type, place, type, 0, options), place);
}

static void load(const char *module)
{
	int file = open(module, O_RDONLY | O_CLOEXEC);

	need(file >= 0 && !syscall(SYS_finit_module, file, "", 0), module);
	close(file);
}

static void load_modules(void)
{
	struct utsname kernel;
	char overlay[512];

	uname(&kernel);
	snprintf(overlay, sizeof(overlay), "/usr/lib/uml/modules/%s/kernel/fs/overlayfs/overlay.ko",
		 kernel.release);
	load(overlay);
	load(FILES "/lustre.ko");
}

/* All that is the host's stays as it is; /run and /mnt begin empty. */
static void make_root(void)
{
	static const char *const links[][2] = {
		{ "/proc/self/fd", "/dev/fd" },
		{ "fd/0", "/dev/stdin" },
		{ "fd/1", "/dev/stdout" },
		{ "fd/2", "/dev/stderr" },
	};

	mount_at("tmpfs", "/run", "mode=0755");
	mkdir("/run/changes", 0755);
	mkdir("/run/work", 0755);
	mount_at("overlay", "/run/root", "lowerdir=/,upperdir=/run/changes,workdir=/run/work");
	need(!chdir("/run/root"), "/run/root");
	mount_at("tmpfs", "run", "mode=0755");
	mkdir("run/lock", 0755);
	mkdir("run/guest", 0700);
	need(!mount("none", "run/guest", "hostfs", 0, FILES), "the way back to the host");
	need(!syscall(SYS_pivot_root, ".", "mnt"), "pivot_root");
	/* The changes live on below the overlay. */
	need(!umount2("/mnt", MNT_DETACH) && !chdir("/"), "the old root");
	mount_at("tmpfs", "/mnt", "mode=0755");
	mount_at("proc", "/proc", NULL);
	mount_at("sysfs", "/sys", NULL);
	mount_at("devtmpfs", "/dev", "mode=0755");
	mount_at("tmpfs", "/dev/shm", NULL);
	for (size_t at = 0; at < sizeof(links) / sizeof(*links); at++)
		need(!symlink(links[at][0], links[at][1]), links[at][1]);
}

static void start_loopback(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	need(any >= 0 && !ioctl(any, SIOCSIFFLAGS, &lo), "lo");
	close(any);
}

static int open_line(void)
{
	int line = open(LINE, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios raw;

	need(line >= 0 && !tcgetattr(line, &raw), LINE);
	cfmakeraw(&raw);
	need(!tcsetattr(line, TCSANOW, &raw), LINE);
	return line;
}

static void write_all(int to, const char *bytes, size_t length)
{
	while (length) {
		ssize_t written = write(to, bytes, length);

		need(written > 0, "writing");
		bytes += written;
		length -= written;
	}
}

/* Runs a program; its orphans are children of the first process, which must wait for them. */
static int status_of(char *const *words, int in, int out, int err)
{
	pid_t child = fork();
	int status;

	need(child >= 0, "fork");
	if (!child) {
		setsid();
		if (dup2(in, 0) == 0 && dup2(out, 1) == 1 && dup2(err, 2) == 2)
			execvp(words[0], words);
		dprintf(2, "%s: %s\n", words[0], strerror(errno));
		_exit(127);
	}
	while (wait(&status) != child)
		;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* One command, ended by a NUL byte; nothing when the line is hung up. */
static int read_command(int line, char *command)
{
	for (size_t at = 0; at < LONGEST_COMMAND; at++) {
		if (read(line, command + at, 1) != 1)
			return 0;
		if (!command[at])
			return 1;
	}
	return 0;
}

static void answer(int line, int status, const int *printed)
{
	char header[64], block[4096];
	ssize_t length;

	snprintf(header, sizeof(header), "%d %ld %ld\n", status, (long)lseek(printed[0], 0, SEEK_END),
		 (long)lseek(printed[1], 0, SEEK_END));
	write_all(line, header, strlen(header));
	for (int at = 0; at < 2; at++) {
		lseek(printed[at], 0, SEEK_SET);
		while ((length = read(printed[at], block, sizeof(block))) > 0)
			write_all(line, block, length);
		close(printed[at]);
	}
}

static void serve(int line, int nothing)
{
	char *command = malloc(LONGEST_COMMAND);
	char *words[] = { "bash", "-c", command, NULL };

	need(command != NULL, "memory");
	write_all(line, "ready\n", strlen("ready\n"));
	while (read_command(line, command)) {
		const int printed[] = { memfd_create("out", MFD_CLOEXEC),
					memfd_create("err", MFD_CLOEXEC) };

		answer(line, status_of(words, nothing, printed[0], printed[1]), printed);
	}
}

/* The words of the program to run, each ended by a NUL byte; none when commands are to be served. */
static char **read_program(void)
{
	static char text[1 << 16], *words[1024];
	int file = open("/run/guest/program", O_RDONLY | O_CLOEXEC), count = 0;
	ssize_t length = file < 0 ? -1 : read(file, text, sizeof(text) - 1);

	need(length >= 0, "the program to run");
	for (char *at = text; at < text + length && count < 1023; at += strlen(at) + 1)
		words[count++] = at;
	return words;
}

int main(void)
{
	int line, nothing, status = 0;
	char **words;
	FILE *file;

	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	unsetenv("TERM");
	umask(0022);
	load_modules();
	make_root();
	start_loopback();
	line = open_line();
	nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	words = read_program();
	if (words[0])
		status = status_of(words, nothing, line, line);
	else
		serve(line, nothing);
	tcdrain(line);
	file = fopen("/run/guest/status", "w");
	need(file && fprintf(file, "%d\n", status) > 0 && !fclose(file), "the status");
	power_off();
}
