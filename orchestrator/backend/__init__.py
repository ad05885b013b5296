"""The engine, behind small Protocols. docker.py speaks to Docker; fake.py is its twin in memory, for tests."""
