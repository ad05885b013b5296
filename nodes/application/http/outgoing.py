"""What a response of ours must be before it is sent: how its content ends, and what its status allows."""

from __future__ import annotations

from dataclasses import replace

from catenet.nodes.application.http.body import Body, has_no_content, response_body
from catenet.nodes.application.http.fields import LocalError, MessageError
from catenet.nodes.application.http.message import Request, Response

__all__ = ["check_interim", "framed", "switches"]


def switches(status: int, request: Request) -> bool:
    """Whether what follows this status is no HTTP (RFC 9110 sections 9.3.6 and 15.2.2)."""
    return status == 101 or (request.method == "CONNECT" and 200 <= status < 300)


def check_interim(response: Response, request: Request) -> None:
    """An interim response may be sent.

    Raises:
        LocalError: it may not.

    """
    status = response.status
    # RFC 9110 section 15.2: "A server MUST NOT send a 1xx response to an HTTP/1.0 client."
    if request.version < (1, 1):
        raise LocalError(f"status {status}: HTTP/1.0 has no interim responses")
    if _framing(response):
        raise LocalError(f"status {status}: it has no content, and says how it ends")
    if status == 101 and "upgrade" not in request.fields:
        raise LocalError("status 101: no other protocol was asked for")


def framed(response: Response, request: Request) -> tuple[Response, Body]:
    """The final response as it is sent, and how its content ends.

    Where it does not say so itself, the content goes in chunks, or to a client of HTTP/1.0 until the connection's end.

    Raises:
        LocalError: it says what its status does not allow, or two things.

    """
    status = response.status
    said = _framing(response)
    # RFC 9112 section 6.1, RFC 9110 section 8.6: neither field "in any response with a status code of … 204" or "in any
    # 2xx (Successful) response to a CONNECT request".
    if said and (status == 204 or switches(status, request)):
        raise LocalError(f"status {status}: it has no content, and says how it ends")
    # RFC 9112 section 6.1: Transfer-Encoding only "if the corresponding request indicates HTTP/1.1 (or later minor
    # revisions)"; section 6.2: "A sender MUST NOT send a Content-Length header field in any message that contains a
    # Transfer-Encoding header field."
    if len(said) > 1 or ("transfer-encoding" in said and request.version < (1, 1)):
        raise LocalError(f"status {status}: Transfer-Encoding beside Content-Length, or to HTTP/1.0")
    if not said and not has_no_content(status, request.method) and request.version >= (1, 1):
        response = replace(response, fields=(*response.fields, ("Transfer-Encoding", "chunked")))
    try:
        return response, response_body(response, request.method, None)
    except MessageError as error:
        raise LocalError(f"response: {error}") from error


def _framing(response: Response) -> set[str]:
    """Those of its fields that say how its content ends."""
    return {name.lower() for name, _ in response.fields} & {"content-length", "transfer-encoding"}
