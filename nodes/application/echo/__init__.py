"""Echo (RFC 862): what comes by UDP goes back to who sent it. And who asks one: numbered datagrams there and back.

config    what a lab file may say of the service; service: its declaration
machine   `Echo`: who answers
numbered  the datagrams that are sent there, and how they are known again
sender    `Sender`: sends them, and says what became of each

Deviations from RFC 862: UDP alone, no TCP. What could go round for ever is not answered: datagrams to a broadcast or
multicast address, and from ports below 1024, where other servers answer whatever comes (as another echo does, or
chargen: two of them once told of each other never stop).

Supported standards: RFC 862 (UDP). What `Sender` calls overtaken is what RFC 4737 section 3.3 calls reordered.
"""
