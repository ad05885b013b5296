"""The keys with which routers prove who they are, for every protocol that appends digests to what it says.

    key.py    `Key`: what a lab file says of one, in the option `auth`
    keyring.py    `Keyring`: which key signs, and which are taken, when
    prover.py    `Prover`: what the authentication of each protocol has
    digests.py    how a digest is made of a message and a key

RIP (RFC 4822) and OSPF (RFC 2328 appendix D, RFC 5709) say the same of them, but for names: what RFC 4822 calls a
Security Association with its START TIME and STOP TIME is a key with KeyStartGenerate to KeyStopAccept in the other.
"""
