"""HTTP/1.1: a server of static pages, a reader of responses, pages as text. Bytes and time in, bytes out.

connection    ServerConnection: one connection as a `Stream`; opens with its table of states
server        Server: what the connections of one site share; from a request to its status and page
message       Request, parse_request: the head of a request, and every rule that refuses one
fields        field lines, and the lists, parameters, numbers and tags in their values
uri           Uri, Authority: taken apart, put together, relative references resolved
body          the content of a message, by its length or in chunks
client        ResponseReader: a response to GET, behind whatever interim ones
content       text_of: content without its codings, by the character set that server or page names
response      Page, Site, Absence: what is sent; status pages; preconditions
reports       the events of a request and its answer
date          HTTP's dates
markup        HTML as html.parser must have it, to read it as the standard does
render        render_html: a page as text with numbered links
service       the declarations of `web` and `browse`
config        WebOptions, BrowseOptions
needs         what `web` needs of its lab: a folder under pages/

A machine reads no files. A `Site` brings the pages; services/web_files.py is the one for a folder. What is sent is
prepared once: a page's bytes until its file changes, the dated fields once a second, a head that came before is looked
up and not parsed again.

Timers of a connection: `idle` seconds (config.py, 15 s) for a whole request, between two requests, and for an answer to
be taken; 2 s of waiting for the peer's close after an answer that came while the peer was still sending.

Choices, where the RFC leaves one or we keep less:
- Only a line of its own LF is taken beside CRLF (RFC 9112 section 2.2 allows it), so that people can type requests.
- What two readers could take differently is refused: Content-Length beside Transfer-Encoding, several Content-Lengths
  even if equal, an empty element in Transfer-Encoding, folded lines, a Host that no name in DNS could be, an escaped
  slash or a fragment in a path, a trailer that is no field line.
- A connection on which nothing was begun is closed without 408 (RFC 9110 section 15.5.9 does not ask for more).
- No 100 is ever sent: no content is wanted, so the final status comes at once (section 10.1.1).
- Range is ignored (section 14.2 allows it).

Supported standards: RFC 9110 (semantics of GET and HEAD, conditions), RFC 9112 (HTTP/1.1), RFC 3986 (URIs),
RFC 6585 section 5 (431), RFC 5789 (PATCH is known, and not allowed).
"""
