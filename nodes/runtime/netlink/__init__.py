"""The kernel's network configuration, by netlink, without a library (pyroute2 costs 12 MB and 0.15 s a node).

codec      the frame: message headers and attributes (pure)
routing    what the frames say: links, addresses, routes, and the requests that change them (pure)
neighbours  who on a link has which hardware address (pure)
segments   VXLAN devices, where their frames go, and rules for routes (pure)
filtering  the same of nf_tables, as far as a table that drops everything; rules: all but a few kinds (pure)
queue      packets that wait for a verdict (pure)
client     the sockets: `Netlink` and `Filter` ask and wait for the answer, `Monitor` hears of every change

Supported: rtnetlink(7) for IPv4 (RTM_*LINK, RTM_*LINKPROP, RTM_*ADDR, RTM_*ROUTE), IFLA_INET_CONF, nexthop objects as
far as reading them (RTA_NH_ID), IFLA_VXLAN_* and forwarding entries of a device (NTF_SELF), rules by source (FRA_SRC).
Of nf_tables: tables, base chains of the families netdev and ip, rules that compare. Of
nfnetlink_queue: one packet in a message, verdicts with another payload and a mark.
"""
