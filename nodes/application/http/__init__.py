"""HTTP/1.1: either side of a connection, a server and its static pages, pages as text. Bytes and time in, bytes out.

connection    Connection: either side, bytes ↔ events
states        the states of both sides; opens with their table
events        what passes over a connection
message       Request, Response: the heads of messages, and every rule that refuses one
fields        field lines, and the lists, parameters, numbers and tags in their values
uri           Uri, Authority: taken apart, put together, relative references resolved
body          the content of a message, by its length, in chunks, or until the connection's end
outgoing      what a response of ours must be
exchange      Exchange, Handler: a request and its answer, now or later
stream        ServerStream: a server's connection as a `Stream`: order, time, reports
server        Server: what all connections of one server share
site          StaticSite: the handler that answers with pages
response      Page, Site, Absence: what a site sends; status pages; preconditions
client        ResponseReader: one request and its response, behind whatever interim ones
content       text_of: content without its codings, by the character set that server or page names
reports       the events of a request and its answer
date          HTTP's dates
markup        HTML as html.parser must have it, to read it as the standard does
render        render_html: a page as text with numbered links
served        ServedSite: the machine of `web`, a server with its port and its connections
service       the declarations of `web` and `browse`
config        WebOptions, BrowseOptions
needs         what `web` needs of its lab: a folder under pages/

The one way in and out is the connection: what will answer requests (a proxy, a page that is made) is a `Handler`, what
will ask is on a connection of the client's role.

A machine reads no files. A `Site` brings the pages; services/web_files.py is the one for a folder. What is sent is
prepared once: a page's bytes until its file changes, the dated fields once a second, a head that came before is looked
up and not parsed again.

Timers of a server's connection: `idle` seconds (config.py, 15 s) for a whole request, between two requests, and for an
answer to be taken; none while a handler is to answer; 2 s of waiting for the peer's close after an answer that came
while the peer was still sending.

Choices, where the RFC leaves one or we keep less:
- Only a line of its own LF is taken beside CRLF (RFC 9112 section 2.2 allows it), so that people can type requests.
- What two readers could take differently is refused: Content-Length beside Transfer-Encoding, several Content-Lengths
  even if equal, an empty element in Transfer-Encoding, folded lines, a Host that no name in DNS could be, an escaped
  slash or a fragment in a path, a trailer that is no field line.
- A connection on which nothing was begun is closed without 408 (RFC 9110 section 15.5.9 does not ask for more).
- A site never sends 100: it wants no content, so the final status comes at once (section 10.1.1). A handler that asks
  for the content causes it.
- A client has one request under way at a time; what comes when none is ends the connection (RFC 9112 section 9.2).
- Range is ignored (section 14.2 allows it).

Supported standards: RFC 9110 (semantics of GET and HEAD, conditions), RFC 9112 (HTTP/1.1), RFC 3986 (URIs),
RFC 6585 section 5 (431), RFC 5789 (PATCH is known, and not allowed).
"""
