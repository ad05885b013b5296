"""Carries a plan out, eight steps at once, and knows when a lab is ready.

engine    an engine that answers, installed where that is allowed
base      the base image: pulled, or made from Debian's packages
debian    Debian's packages for images, fetched by the host
images    the node image, made only when something in it has changed
own_images  images of single nodes: the references, and programs that bring a Dockerfile
carried   images that are there already, and go from host to host
run       steps on threads, each as soon as those that it waits for are done
ready     pure: what the nodes have said, and what is lacking
watch     feeds it from the nodes' logs
progress  what the user is told meanwhile
locks     one process at a copy at a time; whose process has ended
up, down  the two verbs; down: orphans too; left: what is remembered of hosts that were lost then
hosts     several hosts' engines made one swarm, and parted; host_address: by which address the others reach one
host_paths  what the way between hosts carries, tried
doctor    whether this machine can run labs, tried; limits: which of the machine's will bite, at how many nodes;
          machine: the one that is meant, here or behind SSH
"""
