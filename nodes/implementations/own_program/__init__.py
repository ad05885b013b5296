"""The user's own program, in any language: `implementation: ./path`. A file is a service that it may be; the page for
authors is labs/OWN-PROGRAMS.md.

program    how it is started, and what it is told
"""
