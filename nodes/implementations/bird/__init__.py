"""BIRD 2: `implementation: bird`. A file is a service.

program    how it is started, asked, and told of keys and static routes
"""
