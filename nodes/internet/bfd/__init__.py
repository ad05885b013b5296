"""BFD, Bidirectional Forwarding Detection: whether packets still pass between two neighbours, told in a fraction of a
second. A machine: no sockets, no clock; bytes and time in, actions out.

It is no service. A protocol with neighbours composes `BfdMachine`: it names those that are to be watched, and is told
each change of their sessions (RFC 5882). OSPF does, where a lab file says `bfd` (nodes/internet/ospf/liveness.py).

Files, in the order to read them:

    session_states.py    the session machine, as a table (RFC 5880 sections 6.2, 6.8.4, 6.8.6, 6.8.16)
    packet.py    the wire: the BFD Control packet, by hand (RFC 5880 section 4.1)
    config.py    `BfdTimers`, and what a lab file may say of them
    session.py    `Session`: one neighbour; what is sent and when, and when it is lost (sections 6.5, 6.8.1 to 6.8.7)
    ports.py    `SourcePorts`: from which port each session speaks (RFC 5881 section 4)
    machine.py    `BfdMachine`: all sessions; which of them a packet is for (RFC 5880 section 6.8.6, RFC 5881)

Deviations from the RFCs, and what they leave open:

- Asynchronous mode on a single hop alone. Neither Echo packets nor Demand mode are of ours; a neighbour in Demand mode
  is obeyed (section 6.6), and Required Min Echo RX Interval is 0.
- There is no authentication (section 6.7): a packet with the A bit is refused, as section 6.8.6 wants where none is in
  use. The TTL of 255 keeps out who is not on the LAN (RFC 5881 section 5).
- The timers of a session stay as the lab file has them; they change with the session's state alone (section 6.8.3).
- A session is bound to its interface (RFC 5881 section 3): a packet for it that comes by another one is refused, though
  its discriminator is right (RFC 5880 section 6.3 would take it). Else another link would hide that this one is dead.
- The diagnostic stays until the session is Up again, and is 0 then.
- A session that is not wanted any more is put into AdminDown and says so for a Detection Time (section 6.8.16); one
  that has failed goes on saying Down for as long. Where the whole router ends, AdminDown is said once.
- At most 1024 sessions are kept, and none is made for who is not a neighbour already, whatever comes in.

Supported standards: RFC 5880 (without authentication, Echo and Demand mode of ours), RFC 5881 (IPv4).
"""
