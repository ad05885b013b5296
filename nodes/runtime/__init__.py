"""The only room with asyncio, sockets, clocks, randomness and netlink. It knows no protocol.

node         PID 1: reads CATENET_NODE, addresses the interfaces, runs the services, reaps, ends on SIGTERM
supervisor   starts a service, and starts it again when it falls over
service_config  a service's part of the configuration → who does it, and its options (options: JSON → values)
context      what a service has of its node: routes, questions, events, names, what runs its machine
children     programs that the node starts: groups, their end; lines: their output; PID 1 reaps orphans
shared_runs  what several services need: begun by the first, ended by the last
machine_run  a machine on a node: its actions are done, and it is told and asked what it has the methods for
work         what it has done beside it, in a thread for each lane
probing      a machine for one question: what it reports is the answer
driver       feeds a machine, has its actions done, re-arms one timer
ports        the open ports of a machine; port: what all have in common, groups and reconnects among it
udp          datagram ports; mmsg, frame_batch: many datagrams, or frames, by one call of the kernel
forwarding   datagram ports of a machine that passes on what comes, as it comes
raw          ports of an IP protocol; frames: those of an Ethernet type
frame_pump   all frames of a node whose stack is our own; frame_slots: received and sent where they lie
frame_filter  what is for the node apart from what passes through it
crossing     a port of packets that wait for a machine; crossing_rules: what has them wait
tcp          byte streams behind the `Stream` contract; listener: a port that accepts them
machine_streams   the connections of a machine
tls          TLS 1.3 as a stream around a stream: only a service that speaks it loads it
network      what ports and connections are of: the kernel, or another network
stack_network   ports and connections of a stack of our own, and what hands up to them; stack_run: runs it as a service
lans         the interfaces: found by the engine's address, given the lab's, followed as they come and go
attachments  which LAN has which interface now; lan_news: what becomes of them, told
segments     LANs that the nodes make themselves, by VXLAN over one network of the engine's
addressing   who has the lab's address: the kernel, or nobody that it knows of
wanted       the routes that the node's sources want, and which of them is the best
table        the routes by which packets go: the kernel's, or the node's own
routes       those in that table, restored after a link was down; reconciler: or somebody else's doing
program_table   a table of the kernel's for a program's routes
egress       the way out of the lab, which no node has
announce     where the node's address on a LAN is now, told to its neighbours, by ARP
ingress      a LAN whose frames are dropped as they come in
impairing    what LANs of this node suffer; netem: by the kernel; emulator: by a process of its own; emulated: its words
iproute      ip and tc, told what to do
offload      checksums as on a wire
netlink      links, addresses, routes, neighbours, IFLA_INET_CONF, nf_tables and queues, by hand (rtnetlink(7))
control_socket  the Unix socket; answers: what every node answers; health: the one that the engine asks for
files        resolv.conf, hosts, whom programs trust; lab_start: when the lab was brought up
log          the event log on standard output

Timers: a restart of a service after 0.2 s doubling to 5 s (supervisor); 0.3 s until the engine is done with a LAN that
it connects (lans); 0, 0.05 and 2 s after an interface has come up, when its address is announced (announce); 30 s for a
TCP peer that takes nothing, 1 s until a port accepts again where no file is free (tcp); 5 s for a handshake (tls);
10 s to ask, 60 s to answer (control_socket); 0.5 s for the services to end (node); 2 s after which a frame that nobody
has read is dropped (frame_pump).
"""
