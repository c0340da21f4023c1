"""`python -m erisc.cli`."""

import sys

from erisc.cli import main

sys.exit(main())
