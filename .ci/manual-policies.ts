/** The format of lxc.seccomp.profile, for tlxc.container.conf(5). */
export const SYSTEM_CALL_POLICIES = `.SH SYSTEM CALL POLICIES
The file of
.B lxc.seccomp.profile
is a text in LXC's format. What follows
.B #
is a comment; empty lines count for nothing. The first line is the version, the second says what kind of list it is.
.PP
.EX
    2
    denylist
    reject_force_umount
    [all]
    kexec_load errno 1
    mknod notify [1,8192,SCMP_CMP_MASKED_EQ,61440]
    ioctl errno 25 [1,0x5412,&=,0xffffffff]
    [x86]
    vm86
.EE
.PP
.B allowlist
(or
.BR whitelist )
allows what it names and kills what it does not;
.B denylist
(or
.BR blacklist )
kills what it names and allows the rest. An action behind it is what becomes of calls that no line names:
.B allowlist errno 38
makes them fail as on a kernel that lacks them.
.PP
A line is the name of a call, then an action where it is not the list's own, then conditions of its arguments, all of
which must hold:
.RI [ INDEX , VALUE , OPERATOR ]
or
.RI [ INDEX , VALUE , OPERATOR , MASK ],
with an index from 0 to 5, numbers as C writes them, and one of the operators
.B != < <= == >= > &=
or SCMP_CMP_NE, _LT, _LE, _EQ, _GE, _GT, _MASKED_EQ. A mask goes with the last one only: the bits of the argument under the mask are
equal to the value. One line may hold one condition for an argument; what applies to any of several takes several
lines. A name that nobody knows does nothing, and is warned of.
.TP
.B kill
The process ends by SIGSYS.
.TP
.BI errno \\ N
The call fails with this number.
.TP
.B allow
It is made.
.TP
.B trap
The thread gets SIGSYS, which it may handle.
.TP
.B notify
.B lxc.seccomp.notify.proxy
is asked. Such a policy must allow
.BR sendmsg .
.TP
.B reject_force_umount
In place of a name: umount2 with MNT_FORCE fails with EACCES.
.TP
.BI [ ARCHITECTURE ]
The lines below are for this one only, until the next of its kind: x86, x86_64, x32, arm, arm64, mips, mips64,
mips64n32, mipsel, mipsel64, mipsel64n32, ppc, ppc64, ppc64le, s390, s390x, riscv64, loongarch64; all is where a file
begins. Architectures that the host does not run are passed over; the others that it runs are covered without being
named (but x32, by an allow list). Calls of any further architecture are killed.
.PP
Version 1 is an
.B allowlist
of numbers of calls of the host's own architecture, one a line.
`;
