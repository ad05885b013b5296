"""Interactive Connectivity Establishment: how two find a way to each other past translators.

candidate    transport addresses, their priorities and foundations, as text (RFC 8839)
pair         two candidates, and what became of their check
checklist    which pairs there are, and which is checked next
check        a check under way; credentials
messages     checks as Binding messages
nomination   when the controlling agent decides, and for which pair
consent      that the peer still wants to be sent to (RFC 7675)
events       what the agent tells its owner
timing       how long an agent takes its time
agent        the checks of one data stream: `Agent`
relay        a relay as a data stream has it
datastream   a port, its relays and its agent: `DataStream`

Timers: Ta 50 ms between checks; a check is sent again after 500 ms, 1 s, 2 s … (RFC 8489 section 6.2.1); consent is
asked for every 4 to 6 s, and gone after 30 s.

Deviations from RFC 8445, and why:
- A check's first RTO is Ta times the checks that wait or are under way, and 500 ms at the least (section 14.3 allows
  another formula): theirs, with the number of all checks as one more factor, waits for seconds after one lost packet.
- One component, since RTP and RTCP share a port (RFC 5761); IPv4 and UDP alone; no trickle (RFC 8838).
- An agent has failed after 15 s without a pair, or 5 s after its own checks have all ended.

Supported standards: RFC 8445 (full agent, regular nomination), RFC 7675, RFC 8839 section 5.1 (candidates).
"""
