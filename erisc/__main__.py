"""`python -m erisc`."""

import sys

from erisc.cli import main

sys.exit(main())
