"""Carries a plan out, eight steps at once, and knows when a lab is ready.

engine    an engine that answers, installed where that is allowed
base      the base image: pulled, or made from Debian's packages
images    the node image, made only when something in it has changed
run       steps on threads, each as soon as those that it waits for are done
ready     pure: what the nodes have said, and what is lacking
watch     feeds it from the nodes' logs
failures  the evidence of an `up` that failed
progress  what the user is told meanwhile
up, down  the two verbs
"""
