"""The plans made by hand, for every test beside this file."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
