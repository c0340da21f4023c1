"""erisc: OpenStack Eris as a compiler. A spec in, a bundle out; a run of the bundle gives a verdict."""

__version__ = "0.1.0"
