# Exit 0 when the filesystem of DIRECTORY takes an idmapped mount; otherwise says which call failed, and why.
# Neither util-linux of Debian 12 nor Node can ask this; perl-base is part of every Debian.
use strict;
use warnings;

my ($directory) = @ARGV;
my ($AT_FDCWD, $OPEN_TREE_CLONE, $AT_EMPTY_PATH, $IDMAP) = (-100, 1, 0x1000, 0x100000);
my ($SYS_unshare) = `uname -m` =~ /x86_64/ ? 272 : 97;
my ($SYS_open_tree, $SYS_mount_setattr, $CLONE_NEWUSER) = (428, 442, 0x10000000);

pipe my $ready, my $tell;
pipe my $hold, my $release;
my $child = fork // die "fork: $!\n";
if ($child == 0) {
    close $release;
    syswrite $tell, syscall($SYS_unshare, $CLONE_NEWUSER) == 0 ? 'y' : 'n';
    sysread $hold, my $end, 1;
    exit 0;
}
close $hold;
sysread $ready, my $answer, 1;
die "unshare(CLONE_NEWUSER) was refused\n" if $answer ne 'y';
for my $file ('uid_map', 'gid_map') {
    open my $map, '>', "/proc/$child/$file" or die "$file: $!\n";
    syswrite $map, "0 100000 65536\n" or die "$file: $!\n";
}
open my $userns, '<', "/proc/$child/ns/user" or die "user namespace: $!\n";
my $path = "$directory\0";
my $tree = syscall($SYS_open_tree, $AT_FDCWD, $path, $OPEN_TREE_CLONE);
die "open_tree($directory): $!\n" if $tree < 0;
my $empty = "\0";
my $attributes = pack 'QQQQ', $IDMAP, 0, 0, fileno $userns;
my $result = syscall($SYS_mount_setattr, $tree, $empty, $AT_EMPTY_PATH, $attributes, length $attributes);
die "mount_setattr(MOUNT_ATTR_IDMAP) on $directory: $!\n" if $result != 0;
