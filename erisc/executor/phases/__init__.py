"""The phases of a run, a plain function each: prepare, discover, deploy, settle, drive, heal, collect, teardown."""
