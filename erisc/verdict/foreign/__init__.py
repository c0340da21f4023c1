"""Results that other tools wrote, as the tables of docs/formats.md: bad rows are left out and stated, good kept."""
