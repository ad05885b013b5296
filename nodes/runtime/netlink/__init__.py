"""The kernel's network configuration, by netlink, without a library (pyroute2 costs 12 MB and 0.15 s a node).

codec      the frame: message headers and attributes (pure)
routing    what the frames say: links, addresses, routes, and the requests that change them (pure)
neighbours  who on a link has which hardware address (pure)
filtering  the same of nf_tables, as far as a table that drops everything (pure)
queue      packets that wait for a verdict (pure)
client     the sockets: `Netlink` and `Filter` ask and wait for the answer, `Monitor` hears of every change

Supported: rtnetlink(7) for IPv4 (RTM_*LINK, RTM_*LINKPROP, RTM_*ADDR, RTM_*ROUTE), IFLA_INET_CONF, nexthop objects as
far as reading them (RTA_NH_ID). Of nf_tables: tables and base chains of the family netdev. Of
nfnetlink_queue: one packet in a message, verdicts with another payload and a mark.
"""
