# A container's life, its states waited for.
made c1
lxc-start -n c1; status
lxc-wait -n c1 -s RUNNING -t 10; status
lxc-start -n c1 2> /dev/null; status
lxc-attach -n c1 -- hostname
lxc-attach -n c1 -- sh -c 'exit 42'; status
lxc-attach -n c1 -- sh -c 'kill -9 $$'; status
lxc-attach -n c1 -- /no/such/program 2> /dev/null; status
lxc-attach -n c1 -- /etc/passwd 2> /dev/null; status
echo 'from outside' | lxc-attach -n c1 -- cat
printf 'a\nb\nc\n' | lxc-attach -n c1 -- sort -r | head -n 1
lxc-attach -n c1 -- sh -c 'echo out; echo err >&2' 2> /dev/null
lxc-attach -n c1 -- sh -c 'cat > /tmp/given' < /etc/hostname; lxc-attach -n c1 -- test -s /tmp/given; status
lxc-attach -n c1 -- tar -C /etc -cf - passwd | tar -tf -
lxc-attach -n c1 -v GREETING=hello -- sh -c 'echo $GREETING'
lxc-attach -n c1 --set-var A=1 -v B=2 -- sh -c 'echo $A$B'
lxc-attach -n c1 --clear-env -- env | grep -c container=
OWN=mine lxc-attach -n c1 --clear-env --keep-var OWN -- sh -c 'echo $OWN'
lxc-attach -n c1 -u 1000 -g 1000 -- id
lxc-attach c1 -- pwd
cd /; lxc-attach -n c1 -- pwd
lxc-attach -n c1 -- sh -c 'echo "$@"' -- one 'two  three'
echo 'echo from a shell; exit 3' | lxc-attach -n c1; status
lxc-attach -n c1 -s 'UTSNAME' -- hostname
lxc-freeze -n c1; status
lxc-info -n c1 -sH
lxc-wait -n c1 -s 'FROZEN|STOPPED'; status
lxc-unfreeze -n c1; status
lxc-unfreeze -n c1; status
lxc-stop -n c1 -r -t 20; status
lxc-wait -n c1 -s RUNNING -t 10; status
lxc-stop -n c1 -k; status
lxc-wait -n c1 -s STOPPED -t 10; status
lxc-stop -n c1 2> /dev/null; status
lxc-stop -n nobody 2> /dev/null; status
lxc-stop -n c1 -k -r 2> /dev/null; status
lxc-stop -n c1 -k -t 5 2> /dev/null; status
lxc-wait -n c1 -s RUNNING -t 1; status
lxc-wait -n c1 -s NONSENSE 2> /dev/null; status
lxc-wait -n c1 2> /dev/null; status
lxc-freeze -n c1 2> /dev/null; status
lxc-attach -n c1 -- true 2> /dev/null; status
lxc-start -n c1 -p $T/pid-of-it; lxc-stop -n c1; status
lxc-start -n nobody 2> /dev/null; status
lxc-start -n c1 -F -- /bin/true; status
lxc-start -n c1 -s lxc.uts.name=other; lxc-attach -n c1 -- hostname; lxc-stop -n c1 -k
lxc-execute -n c1 -- sh -c 'echo $$ > /dev/null; hostname; exit 6'; status
echo data | lxc-execute -n c1 -- cat; status
lxc-start -n c1; lxc-stop -n c1 -W; status; lxc-wait -n c1 -s STOPPED -t 30; status
lxc-start -n c1; lxc-stop -n c1 --nokill -t 30; status
lxc-destroy -n c1; status
lxc-destroy -n c1 2> /dev/null; status
lxc-ls -1
