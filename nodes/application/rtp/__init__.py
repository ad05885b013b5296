"""Speech in packets.

Files:
    g711          samples ↔ codes, by µ-law and A-law: `PCMU`, `PCMA`
    jitter        `JitterBuffer`: frames in their order, at an even pace, however they come
    conceal       `Concealer`: something to hear where a frame is missing
    quality       how good it sounded: the E-model's rating and MOS
    wav           speech in a file

Deviations, and why:
    A packet has one frame of 20 ms: our senders' (RFC 3551 section 4.2 would have up to 200 ms taken).
    A late packet is concealed, not put in afterwards (G.711 appendix I knows only frames that come and frames that do
        not).

Supported standards: RFC 3551 (sections 4.1, 4.2 and 4.5.14), ITU-T G.711 and its appendix I, the parts of ITU-T G.107
and G.113 appendix I that loss and delay need, RFC 2361 (the three forms of WAVE).
"""
