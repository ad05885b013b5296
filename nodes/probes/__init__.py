"""What a node can be asked to find out by packets of its own (the question `probe`): a file for each kind.

Each makes a machine for one question: `make(arguments, node)`. It opens its ports and sends as any machine does, on
whatever stack its node stands on, and says what it has found by one `Report("probe.done", …)`: the report's data are
the answer. A ValueError of `make` is the asker's mistake.

ping        Echoes, and who answers
trace       the routers on the way to a destination
lookup      the addresses of a name, of a name server
datagram    one UDP datagram, whose octets the asker says
datagrams   numbered ones, to who echoes
ping        echo requests, and who answers them
trace       the way that packets go, hop by hop
lookup      what a name is, as a resolver says
"""
