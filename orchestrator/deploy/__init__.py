"""Carries a plan out, eight steps at once, and knows when a lab is ready.

images    the node image, made only when something in it has changed
run       the steps, overlapping; what was made is removed again when one fails
ready     a lab is ready when its nodes say so and its routing has converged
up, down  the two verbs
"""
