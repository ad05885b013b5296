"""What is kept of a failure while the lab is still there.

failure   a folder with the nodes' logs, tables and captures, made at the failure
"""
