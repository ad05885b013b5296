"""What a user runs inside a node: the programs of images/node/bin. PID 1 imports none of them.

browse    one page, fetched and shown as text; the service `browse` runs it too
fetch     one fetch, step by step: what browse stands on
secure    a connection by TLS, to a server that proves who it is; certificate: what such a proof says
show      what the node knows, as tables; it imports little, so as to be there at once
source_route    source-route: probes with a source route, hop by hop
"""
