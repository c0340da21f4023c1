"""Reports for people and for CI, one module each. Entry points of `erisc.reports`: (Verdict, RunHistory) -> bytes."""
