#!/usr/bin/perl
# Stands in for criu(8): writes its command line to DIR/argv.ACTION. What it "restores" is an init of its own in new
# namespaces, a child that outlives it, as CRIU's would be. Where DIR/fails lies it fails, as CRIU tells it.
use strict;
use warnings;

my $action = shift @ARGV // '';
if ($action eq '--version') { print "Version: 3.17.1\n"; exit 0 }
exit 0 if $action eq 'check';

my %given;
for my $i (0 .. $#ARGV - 1) { push @{ $given{ $ARGV[$i] } }, $ARGV[ $i + 1 ] }
sub value { $given{ $_[0] }[0] }
sub note {
    open(my $file, '>', $_[0]) or die "$_[0]: $!";
    print $file $_[1];
    close $file;
}

my $dir = value('-D');
note("$dir/argv.$action", join('', map { "$_\n" } $action, @ARGV));
if (-e "$dir/fails") {
    note(value('-o'), grep({ $_ eq '-v4' } @ARGV)
        ? "(00.1) Warn  (x.c:1): nothing\n(00.2) Error (criu/tty.c:9): tty: Found slave\n"
        : "Warn  (x.c:1): nothing\n     1: Error (criu/tty.c:9): tty: Found slave\n");
    exit 1;
}
note("$dir/inventory.img", '') if $action eq 'dump';
# Without --leave-running CRIU ends what it has saved.
kill 'KILL', value('-t') if $action eq 'dump' && !grep { $_ eq '--leave-running' } @ARGV;
exit 0 if $action ne 'restore';

use constant { CLONE_NEWNS => 0x20000, THE_OTHERS => 0x6c000000, SYS_unshare => 272, SYS_pivot_root => 155, SYS_umount2 => 166 };
syscall(SYS_unshare, THE_OTHERS) == 0 or die "unshare: $!";
my $init = fork() // die "fork: $!";
if ($init == 0) {
    syscall(SYS_unshare, CLONE_NEWNS) == 0 or die "unshare: $!";
    chdir value('--root') or die "chdir: $!";
    my $here = '.';
    syscall(SYS_pivot_root, $here, $here) == 0 or die "pivot_root: $!";
    syscall(SYS_umount2, $here, 2) == 0 or die "umount2: $!";
    chdir '/';
    system('/bin/busybox', 'mount', '-t', 'proc', 'proc', '/proc');
    system('/bin/busybox', 'mknod', '/dev/null', 'c', '1', '3');
    system('/bin/busybox', 'hostname', 'restored');
    exec('/bin/busybox', 'init');
}
# CRIU leaves its tasks in the groups it was given.
for (@{ $given{'--cgroup-root'} }) {
    my ($controllers, $group) = /^(?:(.*):)?(.*)$/;
    my ($mount) = map { (split)[1] } grep {
        my (undef, undef, $type, $options) = split;
        defined $controllers && $controllers ne 'hugetlb'
            && $type eq 'cgroup' && grep { $_ eq (split /,/, $controllers)[0] } split /,/, $options
    } do { open(my $m, '<', '/proc/mounts'); <$m> };
    note("$mount$group/cgroup.procs", "$init\n") if $mount;
}
note(value('--pidfile'), $init);
