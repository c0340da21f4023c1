"""What runs inside the zone's own Python, where the services are: copied into each lab as the package `erisc_zone`.

Nothing here may import erisc, and nothing of erisc imports these modules.
"""
