"""Composition roots: one short file for each service name of a lab file.

Each file has one coroutine:

    async def serve(context: ServiceContext, options: …Options) -> None

It opens what it needs by the context (sockets, routes, questions that it answers), calls `context.ready()` once it can
serve, and then runs until it is cancelled. Whatever it opened the context closes. If it raises, the runtime reports
`service.failed` and starts it again after a growing pause.

web_files    a folder of pages, for the web server
directory_store   the directory's file and passwords
phone_store  a phone's file: its identity, and the keys that it believes

A service by another program: nodes/processes. What a user runs in a node: nodes/programs.
"""
