"""What is on the wire, read: bytes of captures in, values out. Pure, and safe on hostile bytes.

clocks     of several hosts, made one
layers     an Ethernet frame → its headers, each inside the one below; frames: each once, with who sent and who heard it
fragments  what a packet's header says of the piece that it is
packets    pcap → frames → UDP and TCP packets
messages   DNS messages and HTTP heads in packets
stun       STUN, and what relays carry; rtp: RTP's headers
flooding   packets of a protocol that floods: each once, with who sent and who heard it
speech     what of a call can be heard where its packets pass
"""
