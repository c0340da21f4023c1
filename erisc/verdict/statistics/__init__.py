"""The verdict's mathematics: pure functions over numbers, each naming its source. No table, no file, no clock."""
