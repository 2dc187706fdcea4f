#!/usr/bin/perl
# deaf-watcher.pl SOCKET: follows a monitor's states without ever reading one, and thaws the container itself each time that
# another connection has frozen it, until the monitor has had enough. Five times, each with one datagram more that waits from the
# beginning: one of a cycle's five finds no room any more, and each of them once. Says how often it was dropped.
use strict;
use warnings;
use Socket;

$SIG{PIPE} = 'IGNORE';
$SIG{ALRM} = sub { die "no answer\n" };
my ($path) = @ARGV;

sub connection {
    socket(my $socket, AF_UNIX, SOCK_SEQPACKET, 0) or die "socket: $!";
    connect($socket, sockaddr_un($path)) or die "connect: $!";
    return $socket;
}

my $dropped = 0;
for my $waiting (0 .. 4) {
    my $deaf = connection();
    send($deaf, $_, 0) for '{"op":"watch"}', ('none') x $waiting;
    for (1 .. 2000) {
        alarm 20;
        my $other = connection();
        send($other, '{"op":"freeze","hold":false,"timeoutMs":9000}', 0);
        recv($other, my $reply, 4096, 0) for 1 .. 2;    # it is asked for, and it is so
        next if defined send($deaf, '{"op":"unfreeze"}', 0);
        send($other, '{"op":"unfreeze"}', 0);
        recv($other, $reply, 4096, 0);
        ++$dropped;
        last;
    }
}
print "dropped $dropped times\n";
