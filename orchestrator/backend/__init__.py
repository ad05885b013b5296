"""The engine, behind small Protocols.

protocols       what the orchestrator needs of an engine: images, networks, containers, streams
docker          the way to Docker; it imports the rest late
docker_socket   the engine's socket, not waited for in vain
docker_where    which engine is meant: a host as it is written, DOCKER_HOST, a context of Docker's
docker_client   one connection for each thread, a deadline for each call
docker_engine   the Protocols, one round trip a step; docker_images: images; docker_clock: its clock beside ours
docker_networks  bridges, and the overlays of a swarm; docker_swarm: an engine's place in one
swarm           what the orchestrator needs of Docker's Swarm, whose overlays carry the LANs between hosts
docker_options  how Docker is to make networks and containers, whoever asks it
docker_streams  programs inside and logs: frames, lines, deadlines
ssh_tunnel      an engine's socket, carried here by OpenSSH; ssh_place: where from; ssh_folder: where to
lock_file       a file for a lock, still at its path or not
ssh_errors      what OpenSSH says → EngineError: what is wrong, and what to type
machine         what this machine's files say and its commands print; ssh_machine: those of a server, by fabric
archive         files as the engine takes them
turns           who leaves a network has it alone, for Docker miscounts otherwise
docker_errors   Docker's errors → EngineError: what was asked, what was said, what to do
host            the machine itself: its addresses, and a LAN's bridge kept apart from it
fleet           several engines as one, each on its host; fleet_member: one of them, or why it does not answer
signs           steps of a connection under way: who is slow is not taken for lost
widened         the engine that is there, until a lab is meant that is on other hosts, too
fake            their twin in memory, for tests; the same behaviour tests hold for all
                (fake_container, fake_exec, fake_images, fake_swarm: what is in it)
"""
