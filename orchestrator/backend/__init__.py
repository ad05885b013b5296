"""The engine, behind small Protocols.

protocols       what the orchestrator needs of an engine: images, networks, containers, streams
docker          the way to Docker; it imports the rest late
docker_socket   the engine's socket, not waited for in vain
docker_client   one connection for each thread, a deadline for each call
docker_engine   the Protocols, one round trip a step; docker_images: images, docker_clock: its clock beside ours
docker_options  how Docker is to make networks and containers, whoever asks it
docker_streams  programs inside and logs: frames, lines, deadlines
archive         files as the engine takes them
docker_errors   Docker's errors → EngineError: what was asked, what was said, what to do
host            the machine itself: its addresses, and a LAN's bridge kept apart from it
fleet           several engines as one, each on its host; fleet_member: one of them, or why it does not answer
fake            their twin in memory, for tests; the same behaviour tests hold for all; fake_container, fake_exec,
                fake_images, fake_swarm: what is in it
"""
