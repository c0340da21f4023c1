"""Bundle in, recorded history out. The only part with effects; it reads the bundle and knows no compiler."""
