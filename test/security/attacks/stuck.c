/*
 * An init that no signal ends: it waits, uninterruptibly, for a lookup in a filesystem (FUSE) that a process of its own serves,
 * or rather does not. That process is killed when init has ended, and init ends when that process is killed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const char *place = argc > 1 ? argv[1] : "/served";
	char options[100], state[100], one[100], two[100];
	int fuse = open("/dev/fuse", O_RDWR);
	FILE *status;
	pid_t first;

	snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse);
	snprintf(one, sizeof one, "%s/one", place);
	snprintf(two, sizeof two, "%s/two", place);
	mkdir(place, 0755);
	if (fuse < 0 || mount("none", place, "fuse", MS_NOSUID | MS_NODEV, options) != 0) {
		perror("fuse");
		return 1;
	}
	if (fork() == 0)
		for (;;)
			pause();
	close(fuse);
	first = fork();
	if (first == 0) {
		access(one, F_OK);
		_exit(0);
	}
	/* Until it waits, and has the directory. */
	snprintf(options, sizeof options, "/proc/%d/stat", first);
	for (state[0] = 'R'; state[0] != 'D';) {
		usleep(10000);
		status = fopen(options, "r");
		if (status == NULL || fscanf(status, "%*d %*s %1s", state) != 1)
			return 1;
		fclose(status);
	}
	access(two, F_OK);
	return 0;
}
