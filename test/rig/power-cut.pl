# The power fails for the filesystem of DIRECTORY (FS_IOC_SHUTDOWN): nothing that lies in memory alone reaches its disk any more, and
# every call that would need the disk fails until it is mounted anew. With "journal" the kernel has just written its journal, so
# that names and sizes are there whose contents are not; without, not even that.
use strict;
use warnings;

my ($directory, $journal) = @ARGV;
my ($FS_IOC_SHUTDOWN, $LOG_FLUSH, $NO_LOG_FLUSH) = (0x8004587d, 1, 2);
sysopen my $opened, $directory, 0 or die "$directory: $!\n";
my $how = pack 'L', $journal ? $LOG_FLUSH : $NO_LOG_FLUSH;
ioctl $opened, $FS_IOC_SHUTDOWN, $how or die "$directory: FS_IOC_SHUTDOWN: $!\n";
