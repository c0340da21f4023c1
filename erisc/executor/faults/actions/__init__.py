"""The built-in actions of faults, a module for each kind; `erisc.faults` in pyproject.toml names them."""
