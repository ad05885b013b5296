"""The only room with asyncio, sockets, clocks, randomness and netlink. It knows no protocol.

node       PID 1: reads CATENET_NODE, addresses the interfaces, runs the services, reaps, ends on SIGTERM
host       what a service gets of its node: sockets, routes, questions, events
driver     runs any machine: feed, perform the actions, re-arm one timer
udp, tcp   sockets: datagram ports drained in a loop; byte streams behind the `Stream` contract
netlink    links, addresses, routes and IFLA_INET_CONF, by hand (rtnetlink(7))
"""
