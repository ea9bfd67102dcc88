"""`python -m yigan.cli`, for machines where the script is not on the path."""

import sys

from yigan.cli import main

sys.exit(main())
