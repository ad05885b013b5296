"""Every target: its name, and the module of this folder and the attribute that has it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from fuzz_target import Target

__all__ = ["TARGETS", "load"]

TARGETS: Mapping[str, str] = {
    "dns-message": "fuzz_dns:message",
    "dns-question": "fuzz_dns:question",
    "dns-stream": "fuzz_resolver:stream",
    "resolver": "fuzz_resolver:answers",
    "zone-file": "fuzz_zone:zone",
    "http-head": "fuzz_http:head",
    "http-connection": "fuzz_http:connection",
    "http-handler": "fuzz_handler:handler",
    "http-response": "fuzz_response:response",
    "http-fields": "fuzz_response:structures",
    "http-date": "fuzz_browse:date",
    "browse-answer": "fuzz_browse:answer",
    "html-page": "fuzz_browse:page",
    "plain-page": "fuzz_browse:plain",
    "url": "fuzz_browse:address",
    "certificate": "fuzz_certificate:certificate",
    "rip-message": "fuzz_rip:message",
    "rip-datagrams": "fuzz_rip:plain",
    "rip-password": "fuzz_rip:password",
    "rip-md5": "fuzz_rip:md5",
    "rip-hmac-sha-256": "fuzz_rip:hmac_sha_256",
    "arp-packet": "fuzz_arp:packet",
    "arp-frames": "fuzz_arp:frames",
    "bfd-packet": "fuzz_bfd:packet",
    "bfd-datagrams": "fuzz_bfd:datagrams",
    "ospf-packet": "fuzz_ospf:packet",
    "ospf-lsa": "fuzz_ospf:lsa",
    "ospf-authentication": "fuzz_ospf:sealed",
    "ospf-machine": "fuzz_ospf_machine:machine",
    "ospf-measuring": "fuzz_measuring:measuring",
    "icmp-echo": "fuzz_icmp:echo",
    "nat-packets": "fuzz_nat:translated",
    "nat-firewall": "fuzz_nat:filtered",
    "rtp-packet": "fuzz_rtp:packet",
    "rtcp-compound": "fuzz_rtp:compound",
    "rtp-datagrams": "fuzz_rtp:clear",
    "srtp-datagrams": "fuzz_rtp:sealed",
    "stun-message": "fuzz_stun:message",
    "stun-stream": "fuzz_stun:stream",
    "stun-server": "fuzz_stun:server",
    "stun-client": "fuzz_stun:client",
    "supernode": "fuzz_turn:supernode",
    "icmp-error": "fuzz_turn:icmp",
    "ipv4-error": "fuzz_ipv4:packet",
    "ipv4-header": "fuzz_layer:header",
    "ipv4-options": "fuzz_layer:options",
    "ipv4-packets": "fuzz_layer:packets",
    "ipv4-fragments": "fuzz_layer:fragments",
    "udp-datagram": "fuzz_stack:datagram",
    "stack-frames": "fuzz_stack:frames",
    "impairments": "fuzz_impairment:impairments",
    "source-route": "fuzz_ipv4:said",
    "directory-request": "fuzz_directory:request",
    "directory-machine": "fuzz_directory:directory",
    "directory-client": "fuzz_directory:client",
    "wav": "fuzz_speech:wav",
    "phone-signal": "fuzz_offers:said",
    "phone-conversation": "fuzz_phone:talking",
    "phone-description": "fuzz_phone:description",
    "phone-fragment": "fuzz_phone:fragment",
    "netlink": "fuzz_netlink:answers",
    "node-config": "fuzz_control:config",
    "question": "fuzz_control:question",
    "door": "fuzz_control:door",
    "answer": "fuzz_control:answer",
    "node-answers": "fuzz_nodes:answers",
    "node-look": "fuzz_nodes:look",
    "event-lines": "fuzz_control:event",
    "program-lines": "fuzz_programs:said",
    "frr-table": "fuzz_programs:frr",
    "bird-table": "fuzz_programs:bird",
    "tools": "fuzz_programs:tools",
    "lab-file": "fuzz_lab:file",
    "docker-streams": "fuzz_docker:streams",
    "pcap": "fuzz_capture:pcap",
    "tcpdump": "fuzz_capture:tcpdump",
    "dissector": "fuzz_capture:dissected",
    "ping": "fuzz_capture:ping",
}


def load(name: str) -> Target:
    """The target; its room is imported now, and not before, so that its branches can be counted."""
    module, _, attribute = TARGETS[name].partition(":")
    target = getattr(importlib.import_module(module), attribute)
    assert isinstance(target, Target)
    return target
