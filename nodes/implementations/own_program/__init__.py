"""The user's own program, in any language: `implementation: ./path`. Each file but program.py is a service that it may
be; the contract for its author is labs/OWN-PROGRAMS.md.
"""
