"""A parrot: whatever comes by UDP goes back, as an echo does. A host that comes for the first time is greeted."""
